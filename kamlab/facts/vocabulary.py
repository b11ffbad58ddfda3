"""Words that say nothing about who a company is: legal forms, parts of a company, lines of business, free mail.

Plain: small letters without accents, ß as ss.
"""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Legal forms, without points and accents.
LEGAL_FORMS = _set("""
    ag gmbh mbh ges gesellschaft ggmbh kg kgaa ohg gbr ug eg ek ev ewiv se co cie haftungsbeschrankt stiftung gesmbh inc
    incorporated corp corporation company ltd limited llc llp lp plc pty pte pvt private sa sas sasu sarl eurl srl
    spa snc sl slu lda ltda bv nv vof cv bvba sprl oy oyj ab as asa aps hf ehf sp spzoo zoo z oo sk spk sro doo dd
    ad ood eood kft nyrt zrt bt rt ooo oao zao pao jsc pjsc kk gk bhd sdn tbk pt fzco fze wll spolka akciova
    spolecnost
""")
# What a company calls its places and parts.
PARTS = _set("""
    werk werke niederlassung zweigniederlassung nl filiale standort betriebsstatte zentrale hauptverwaltung
    zweigstelle aussenstelle plant site branch office headquarters hq division usine filial holding gruppe group
    konzern beteiligungs beteiligungen verwaltungs vertriebs vertrieb sales service services produktions
    produktion international global europe europa deutschland germany allemagne austria osterreich oesterreich
    schweiz suisse switzerland france frankreich italia italien italy iberica espana spain polska poland cesko
    czech hungary magyar nederland netherlands belgium benelux danmark denmark sverige sweden norge norway suomi
    finland uk usa us america china india japan asia brasil brazil mexico canada turkey turkiye sud nord ost west
    north south east
""")
# Of these, the ones that a place follows: Werk Köln.
PLACES = _set("""
    werk niederlassung zweigniederlassung nl filiale standort betriebsstatte zweigstelle plant branch usine
""")
# Words of a line of business: whoever shares them need not be related.
BUSINESS = _set("""
    maschinenbau metallbau anlagenbau apparatebau stahlbau werkzeugbau fahrzeugbau modellbau hochbau tiefbau bau
    maschinenfabrik maschinen machinery anlagen technik technology technologies technologie systeme systems system
    solutions losungen loesungen automation automatisierung elektro elektronik electronics electric engineering
    industrie industries industrial industriebedarf handel handels handelsgesellschaft trading import export
    logistik logistics spedition transport transporte stadtwerke autohaus hotel klinikum klinik krankenhaus
    apotheke bank sparkasse verlag druckerei backerei baeckerei brauerei molkerei metzgerei fleischerei mobel
    moebel holz stahl metall metal metals kunststoff kunststoffe kunststofftechnik chemie chemical chemicals
    pharma medizintechnik energie energy wasser umwelt umwelttechnik software it beratung consulting ingenieurburo
    ingenieurbuero partner universitat universitaet university hochschule institut landkreis stadt gemeinde
    gebruder gebrueder gebr sohne soehne sohn soehn family pumpen pumps getriebe verpackung packaging lebensmittel
    food foods textil glas papier druck werkzeuge tools forder fordertechnik foerdertechnik hydraulik pneumatik
    schiffstechnik agrar
""")
# Mail domains that anybody can have an address at.
FREE_MAIL = _set("""
    gmail.com googlemail.com web.de t-online.de freenet.de arcor.de posteo.de mailbox.org mail.de email.de
    online.de vodafone.de vodafonemail.de kabelmail.de online-service.de icloud.com me.com mac.com mail.com
    protonmail.com proton.me protonmail.ch tutanota.com tutanota.de bluewin.ch sunrise.ch hispeed.ch aon.at
    chello.at a1.net orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr libero.it virgilio.it tiscali.it
    alice.it tin.it wp.pl o2.pl onet.pl interia.pl op.pl poczta.onet.pl seznam.cz centrum.cz mail.ru qq.com
    163.com 126.com sina.com btinternet.com ziggo.nl kpnmail.nl planet.nl home.nl telenet.be skynet.be comcast.net
    verizon.net att.net rediffmail.com uol.com.br terra.com.br telia.com
""")
# Free mail under the endings of many countries: yahoo.de, yahoo.co.uk, gmx.at.
FREE_MAIL_EVERYWHERE = _set("""
    gmx yahoo ymail hotmail outlook live msn aol yandex rocketmail
""")
# What stands before a country's ending without being a company: muster.co.uk.
SECOND_LEVEL = _set("""
    co com org net ac gov or ne gv
""")
# Words that join the words of a name.
JOINING = _set("""
    und and et e y i u da de di del do du la le the der die das
""")
