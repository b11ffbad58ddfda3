"""A corporate group as the finished ledger shows it."""

from dataclasses import dataclass


@dataclass(frozen=True, eq=False)  # itself only, so that it can be looked up
class Customer:
    """A corporate group as the ledger shows it; money in EUR by year, `sites` are numbers with revenue of 2025."""

    number: str
    name: str
    sector: str
    country: str
    employees: int
    is_complex: bool
    is_key_account: bool
    contract: str
    regular_share: float
    open_potential: float
    revenue: dict[int, float]
    margin: dict[int, float]
    product_groups: int
    sites: dict[str, float]
    site_countries: dict[str, str]

    @property
    def countries(self) -> int:
        """Count the countries of the sites that bought in 2025."""
        return len({self.site_countries[number] for number in self.sites})

    @property
    def main_site(self) -> str:
        """Return the number that the client's systems book under."""
        return max(self.sites, key=lambda number: self.sites[number])

    @property
    def growth(self) -> float:
        """Return the relative change of revenue from 2024 to 2025."""
        return self.revenue[2025] / self.revenue[2024] - 1 if self.revenue[2024] > 0 else 0.0
