"""`cti demo`: the platform with a demo organisation and simulated devices that send captures."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cti_app.commands.output import JsonOption, speaking
from cti_app.commands.run import DataDirOption, PortOption, chosen_settings, supervise
from cti_app.platform import Platform, local_address
from cti_app.supervisor import AppProgram, Chore

if TYPE_CHECKING:
    from cti_app.demo import Demo

SECONDS_BETWEEN = 4.0
# A few go wrong, as in a barn, so that the pages for refusals and retries have something to show.
FAULTS = "duplicate,bad-meta,not-image,bad-hash"
FAULT_SHARE = 0.04


def demo(
    port: PortOption = None,
    data_dir: DataDirOption = None,
    images: Annotated[Path | None, typer.Option(help="Folder of frames the devices send; drawn ones without.")] = None,
    rate: Annotated[float, typer.Option(help="Captures a second.", min=0.01, max=50)] = 1 / SECONDS_BETWEEN,
    as_json: JsonOption = False,  # noqa: FBT002 (a flag)
) -> None:
    """Run the platform with demo people, a farm, and devices that post a capture every few seconds."""
    with speaking(as_json=as_json) as output:
        platform = Platform(chosen_settings(port, data_dir))
        made: list[Demo] = []
        ranch = Chore("demo", lambda: _make(platform, made))
        steps = [*platform.services(), platform.migrations(), ranch, platform.application()]
        supervise(platform, [*steps, simulator(platform, images, rate)], output, lambda: credentials(made[0]))


def _make(platform: Platform, made: "list[Demo]") -> str:
    from cti_app.demo import make_demo
    from cti_app.demo_model import add_demo_model
    from cti_app.session import run_once, run_once_with_runtime

    made.append(asyncio.run(run_once(lambda uow: make_demo(uow, platform.settings), platform.settings)))
    asyncio.run(run_once_with_runtime(add_demo_model, platform.settings))
    return "a ranch, three people, two devices, two models"


def simulator(platform: Platform, images: Path | None, rate: float) -> AppProgram:
    """The simulated devices as a program of their own, with the keys the demo keeps."""
    from cti_app.demo import Kept

    words = ["cti_app.cli", "simulate", "--json", "--rate", str(rate), "--url", local_address(platform.settings)]
    words += ["--past"]
    words += ["--keys-file", str(Kept(platform.settings).keys_file)]
    words += ["--faults", FAULTS, "--fault-share", str(FAULT_SHARE)]
    words += ["--images", str(images.absolute()), "--mixed"] if images else []
    return platform.program("simulator", words)


def credentials(demo: "Demo") -> dict[str, str]:
    """What to sign in with, by role."""
    from cti_app.demo import PEOPLE

    return {**{person.role: person.email for person in PEOPLE}, "password": demo.password}
