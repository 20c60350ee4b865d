"""Thin: fetch by id, call one service. Every task may run twice; `sweep_offers` finds what was lost."""

from celery import shared_task

from purchases.services import alerts, ingest, matching, proposal_generation, settling, sweeping


@shared_task
def ingest_offer(offer_id: int) -> None:
    """Store what the engine read, then match it."""
    if ingest.store_result(offer_id=offer_id):
        matching.match_offer(offer_id=offer_id)


@shared_task
def read_table_offer(offer_id: int) -> None:
    """Read a spreadsheet, store its lines; matching follows as its own task."""
    ingest.read_table_offer(offer_id=offer_id)


@shared_task
def announce_failed_offer(offer_id: int) -> None:
    alerts.announce_failed_offer(offer_id=offer_id)


@shared_task
def sweep_offers() -> None:
    """Every minute."""
    sweeping.sweep_offers()


@shared_task
def age_offers() -> None:
    """Hourly: the local day changes at another hour than the server's."""
    settling.age_offers()


@shared_task
def generate_proposal(proposal_id: int) -> None:
    proposal_generation.generate_proposal(proposal_id=proposal_id)


@shared_task
def sweep_proposals() -> None:
    """Every twenty seconds."""
    proposal_generation.sweep_proposals()


@shared_task
def tell_due_invoices() -> None:
    """Hourly: days end at the pharmacy's midnight."""
    alerts.sync_due_alerts()
