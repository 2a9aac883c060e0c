"""`cti simulate`: simulated devices that post captures through the real routes, for demos, tests and load.

Without `--keys-file` the devices `sim-0001`, … are registered in this installation and get fresh keys.
"""

import asyncio
import json
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backend.core.settings import Settings
from cti_app.commands.output import CommandError, Exit, JsonOption, Output, print_json, speaking
from cti_app.commands.run import DataDirOption, chosen_settings
from cti_app.platform import local_address

if TYPE_CHECKING:
    import httpx

    from backend.core.database import UnitOfWork
    from cti_app.simulator import CaptureMaker, Channel, Fleet, Place, Sent

ANSWER_TIMEOUT_S = 30
GOOD = frozenset({200, 201})


@dataclass(frozen=True, slots=True)
class Plan:
    """What the command line asks for."""

    url: str
    keys: dict[str, str]
    webhook: bool
    images: Sequence[Path]
    mixed: bool
    faults: Sequence[str]
    fault_share: float
    rate_per_s: float
    count: int | None
    duration_s: float | None
    seed: int
    past: bool = False


def simulate(
    devices: Annotated[int, typer.Option(help="How many devices.", min=1, max=1000)] = 1,
    rate: Annotated[float, typer.Option(help="Captures a second, all devices together.", min=0.001, max=1000)] = 0.25,
    images: Annotated[Path | None, typer.Option(help="Folder of .png or .jpg frames; drawn ones without.")] = None,
    mixed: Annotated[bool, typer.Option(help="With --images: send drawn frames and those in turn.")] = False,  # noqa: FBT002 (a flag)
    faults: Annotated[str, typer.Option(help="What goes wrong: names, comma-separated, or `all`.")] = "",
    fault_share: Annotated[float, typer.Option(help="Share of captures with a fault.", min=0, max=1)] = 0.25,
    count: Annotated[int | None, typer.Option(help="Stop after so many captures.", min=1)] = None,
    duration: Annotated[float | None, typer.Option(help="Stop after so many seconds.", min=0.1)] = None,
    url: Annotated[str | None, typer.Option(help="Address of the platform; the one on this machine without.")] = None,
    webhook: Annotated[bool, typer.Option(help="Put objects into the store and send signed webhooks.")] = False,  # noqa: FBT002 (a flag)
    seed: Annotated[int, typer.Option(help="The same seed sends the same animals.")] = 1,
    past: Annotated[bool, typer.Option(help="First send a pen's past and have the technician accept it.")] = False,  # noqa: FBT002 (a flag)
    keys_file: Annotated[Path | None, typer.Option(help="JSON object of device keys by code.")] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 (a flag)
) -> None:
    """Post captures as real devices do, faults included, until Ctrl-C or a bound."""
    with speaking(as_json=as_json) as output:
        settings = chosen_settings(None, data_dir)
        plan = Plan(
            url=url or local_address(settings),
            images=_frames_of(images),
            mixed=mixed,
            faults=_known_faults(faults),
            keys=_read_keys(keys_file) if keys_file else _registered(settings, devices, webhook=webhook),
            webhook=webhook,
            fault_share=fault_share,
            rate_per_s=rate,
            count=count,
            duration_s=duration,
            seed=seed,
            past=past,
        )
        if plan.past:
            _live_through_past(plan, settings, output)
        outcomes = asyncio.run(_run(plan, settings, output))
        output.result({"sent": sum(outcomes.values()), "by_status": outcomes}, _summary(outcomes))
        if set(outcomes) == {0}:
            raise CommandError(f"Nobody answered at {plan.url}.", Exit.UNAVAILABLE)


def _live_through_past(plan: Plan, settings: Settings, output: Output) -> None:
    """Once: what the first device would have sent in the months before, judged as people would have."""
    from cti_app.demo_past import has_past, live_through
    from cti_app.session import run_command, run_with_runtime

    if not run_command(has_past, settings):
        asyncio.run(_send_past(plan, settings, output))
    run_with_runtime(live_through, settings)


async def _send_past(plan: Plan, settings: Settings, output: Output) -> None:
    import httpx

    from backend.core.clock import utc_now
    from cti_app.simulator import Sent
    from cti_app.simulator.channels import elapsed_ms
    from cti_app.simulator.past import past_captures

    code = next(iter(plan.keys))
    async with httpx.AsyncClient(base_url=plan.url, timeout=ANSWER_TIMEOUT_S) as client:
        channel = _channel(plan, client, settings)
        for capture in past_captures(code, _barn(), utc_now()):
            began = time.perf_counter()
            answer = await channel.deliver(capture)
            _tell(output, Sent(code, capture.capture_id, "", answer, elapsed_ms(began)))


async def _run(plan: Plan, settings: Settings, output: Output) -> dict[int, int]:
    """Run the fleet until its bound or a signal; returns deliveries by status, 0 where nobody answered."""
    import httpx

    async with httpx.AsyncClient(base_url=plan.url, timeout=ANSWER_TIMEOUT_S) as client:
        fleet = _fleet(plan, _channel(plan, client, settings), output)
        work = asyncio.ensure_future(fleet.run())
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, work.cancel)
        await asyncio.wait({work})
        if not work.cancelled():
            work.result()
    return dict(sorted(fleet.outcomes.items()))


def _fleet(plan: Plan, channel: "Channel", output: Output) -> "Fleet":
    from cti_app.simulator import Fleet, Mishaps, Pace

    return Fleet(
        makers=[_maker(plan, number, code) for number, code in enumerate(plan.keys)],
        channel=channel,
        tell=lambda sent: _tell(output, sent),
        pace=Pace(plan.rate_per_s, plan.count, plan.duration_s),
        mishaps=Mishaps(plan.faults, plan.fault_share),
        seed=plan.seed,
    )


def _maker(plan: Plan, number: int, code: str) -> "CaptureMaker":
    from cti_app.simulator import CaptureMaker

    return CaptureMaker(code, plan.seed + number, _barn(), plan.images, mixed=plan.mixed)


def _barn() -> "Place":
    """In the middle of the demo's farm."""
    from cti_app.demo import BOUNDARY
    from cti_app.simulator import Place

    lons, lats = zip(*BOUNDARY, strict=True)
    return Place(lon=sum(lons) / len(lons), lat=sum(lats) / len(lats))


def _channel(plan: Plan, client: "httpx.AsyncClient", settings: Settings) -> "Channel":
    from backend.core.storage import open_store
    from cti_app.simulator import UploadChannel, WebhookChannel

    if plan.webhook:
        return WebhookChannel(client, open_store(settings), settings.webhook_secrets[0])
    return UploadChannel(client, plan.keys)


def _tell(output: Output, sent: "Sent") -> None:
    """Say what became of one delivery."""
    status, words = sent.answer.status, sent.answer.words
    if output.as_json:
        answer = {"status": status, "answer": words, "ms": sent.ms}
        print_json({"device": sent.device_code, "capture_id": sent.capture_id, "fault": sent.fault, **answer})
        return
    fault = f" ({sent.fault})" if sent.fault else ""
    line = f"{sent.device_code}  {sent.capture_id}{fault}  {status or 'no answer'} {words}  {sent.ms} ms"
    style = "green" if status in GOOD else "yellow" if status else "red"
    output.console.print(line, style=style, soft_wrap=True, highlight=False, markup=False)


def _summary(outcomes: dict[int, int]) -> str:
    tally = ", ".join(f"{number} with {status or 'no answer'}" for status, number in outcomes.items())
    return f"{sum(outcomes.values())} deliveries: {tally}." if outcomes else "Nothing was sent."


def _known_faults(text: str) -> list[str]:
    from cti_app.simulator import FAULTS

    names = list(FAULTS) if text == "all" else [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in FAULTS]
    if unknown:
        raise CommandError(f"No such fault: {', '.join(unknown)}. There are {', '.join(FAULTS)}.", Exit.USAGE)
    return names


def _frames_of(folder: Path | None) -> list[Path]:
    from cti_app.simulator import NoFrames, frames_in

    if folder is None:
        return []
    try:
        return frames_in(folder)
    except (OSError, NoFrames) as error:
        raise CommandError(str(error), Exit.USAGE) from error


def _read_keys(path: Path) -> dict[str, str]:
    """Keys by device code; raises CommandError when the file holds none."""
    try:
        known = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be read as JSON: {error}", Exit.USAGE) from error
    if not isinstance(known, dict) or not known:
        raise CommandError(f"{path} holds no device keys by code.", Exit.USAGE)
    return {str(code): str(key) for code, key in known.items()}


def _registered(settings: Settings, number: int, *, webhook: bool) -> dict[str, str]:
    """Keys of `sim-0001`, … in this installation. The webhook needs none: it makes devices at first contact."""
    codes = [f"sim-{index:04d}" for index in range(1, number + 1)]
    if webhook:
        return dict.fromkeys(codes, "")
    from cti_app.demo import fresh_key
    from cti_app.session import enter_organization, run_command

    async def register(uow: "UnitOfWork") -> dict[str, str]:
        await enter_organization(uow, None)
        return {code: await fresh_key(uow, code, "Simulated", None) for code in codes}

    return run_command(register, settings)
