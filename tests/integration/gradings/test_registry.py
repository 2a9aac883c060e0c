"""Models as they come and go: shipped, uploaded, checked, switched, returned, taken back."""

import asyncio
import shutil
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.errors import Forbidden
from backend.core.runtime import Runtime
from backend.registry import service as registry
from backend.registry.bundles import BundleHashMismatch, CodeRefused, shipped_preprocessing
from backend.registry.cache import folder_of
from backend.registry.canary import LEAST_RUNS, draws_canary
from backend.registry.service import AliasConflict, ModelExists, ModelNotFound, ModelNotReady
from jobs.bench import Bench
from jobs.model_checks import look_at_model
from tests.support import gradings, onnx_files
from tests.support.people import Tenant, make_person


async def aliases(runtime: Runtime) -> dict[str, str | None]:
    async with runtime.database.unit_of_work(Actor.system(), read_only=True) as uow:
        return {change.alias: change.model for change in (await registry.list_models(uow)).aliases}


@pytest.fixture
async def challenger(bench: Bench, champion: str, folders: Path) -> str:
    return await gradings.register(bench, folders, "beta")


class TestShipped:
    @pytest.fixture
    def shipped(self, folders: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A release that brought one model along."""
        gradings.folder(folders, "gamma")
        (folders / "half@1.0.0").mkdir()
        monkeypatch.setattr("backend.registry.bundles.SHIPPED", folders)
        return folders

    async def test_models_are_registered_once_and_the_first_is_champion(self, runtime: Runtime, shipped: Path) -> None:
        for expected in (["gamma@1.0.0"], []):
            async with runtime.database.unit_of_work(Actor.system()) as uow:
                assert await registry.register_shipped(uow) == expected
        assert await aliases(runtime) == {"champion": "gamma@1.0.0"}

    async def test_the_champion_somebody_chose_stays(self, runtime: Runtime, champion: str, shipped: Path) -> None:
        async with runtime.database.unit_of_work(Actor.system()) as uow:
            await registry.register_shipped(uow)
        assert (await aliases(runtime))["champion"] == champion

    async def test_a_scan_that_comes_first_has_them_registered(self, bench: Bench, acme: Tenant, shipped: Path) -> None:
        scan_id = await gradings.graded(bench)
        (result,) = await gradings.results(bench.runtime, acme.org_id, scan_id)
        assert (result.model, result.alias) == ("gamma@1.0.0", "champion")

    async def test_what_the_release_brought_is_used_where_it_lies(self, runtime: Runtime, shipped: Path) -> None:
        async with runtime.database.unit_of_work(Actor.system()) as uow:
            await registry.register_shipped(uow)
            model = await registry.find(uow, "gamma@1.0.0")
        assert await folder_of(runtime, model) == shipped / "gamma@1.0.0"

    async def test_a_later_release_without_it_finds_it_in_the_store(
        self, runtime: Runtime, shipped: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        async with runtime.database.unit_of_work(Actor.system()) as uow:
            await registry.register_shipped(uow)
            model = await registry.find(uow, "gamma@1.0.0")
        original = {path.name: path.read_bytes() for path in (shipped / "gamma@1.0.0").iterdir()}
        (shipped / "gamma@1.0.0").rename(shipped / "renamed@1.0.0")
        kept = await folder_of(runtime, model)
        assert kept.name == "gamma@1.0.0"
        assert {path.name: path.read_bytes() for path in kept.iterdir()} == original


class TestRegistering:
    async def test_an_upload_may_grade_only_after_it_has_been_tried(
        self, bench: Bench, runtime: Runtime, acme: Tenant, folders: Path, nudges: list[tuple[str, object]]
    ) -> None:
        async with runtime.database.unit_of_work(Actor.system()) as uow:
            reference = await registry.register_upload(uow, gradings.upload(folders, "delta"))
            version = await registry.find(uow, reference)
        assert (version.status, version.source) == ("checking", "uploaded")
        assert nudges == [("model", version.id)]
        with pytest.raises(ModelNotReady):
            await gradings.switch(runtime, "champion", reference)
        assert await look_at_model(bench, version.id) == "ready"
        assert await look_at_model(bench, version.id) == "nothing_due"
        await gradings.switch(runtime, "champion", reference)

    async def test_a_network_that_does_not_answer_as_it_should_is_refused_with_the_reason(
        self, bench: Bench, runtime: Runtime, acme: Tenant, folders: Path
    ) -> None:
        from tests.support import model_folders

        wrong = onnx_files.tiny(size=model_folders.SIZE_PX, classes=2)
        folder = model_folders.make(folders, name="wrong", onnx=wrong)
        async with runtime.database.unit_of_work(Actor.system()) as uow:
            reference = await registry.register_folder(uow, folder)
            version_id = (await registry.find(uow, reference)).id
        assert await look_at_model(bench, version_id) == "refused"
        async with runtime.database.unit_of_work(Actor.system()) as uow:
            (model,) = (await registry.list_models(uow)).models
        assert (model.status, bool(model.reason)) == ("refused", True)
        with pytest.raises(ModelNotReady, match="refused"):
            await gradings.switch(runtime, "champion", reference)

    async def test_a_file_with_another_hash_leaves_nothing_behind(
        self, runtime: Runtime, acme: Tenant, folders: Path
    ) -> None:
        files = gradings.upload(folders, "delta")
        with pytest.raises(BundleHashMismatch):
            async with runtime.database.unit_of_work(Actor.system()) as uow:
                await registry.register_upload(uow, files | {"model.onnx": b"other"})
        async with runtime.database.unit_of_work(Actor.system()) as uow:
            assert (await registry.list_models(uow)).models == []

    async def test_code_is_refused_even_when_it_is_the_shipped_one(
        self, runtime: Runtime, acme: Tenant, folders: Path
    ) -> None:
        code = next(iter(shipped_preprocessing().values()))
        with pytest.raises(CodeRefused):
            async with runtime.database.unit_of_work(Actor.system()) as uow:
                await registry.register_upload(uow, gradings.upload(folders, "delta") | {"preprocessing.py": code})

    async def test_a_version_never_changes(self, bench: Bench, champion: str, tmp_path: Path) -> None:
        (tmp_path / "again").mkdir()
        with pytest.raises(ModelExists):
            await gradings.register(bench, tmp_path / "again", "alpha")

    async def test_several_workers_bring_a_model_at_once(self, runtime: Runtime, champion: str) -> None:
        async with runtime.database.unit_of_work(Actor.system()) as uow:
            model = await registry.find(uow, champion)
        shutil.rmtree(runtime.settings.data_dir / "models")
        found = await asyncio.gather(*(folder_of(runtime, model) for _ in range(4)))
        assert len(set(found)) == 1
        assert {path.name for path in found[0].parent.iterdir()} == {champion}

    async def test_files_that_changed_in_the_store_are_not_used(
        self, bench: Bench, runtime: Runtime, champion: str
    ) -> None:
        async with runtime.database.unit_of_work(Actor.system()) as uow:
            model = await registry.find(uow, champion)
        await runtime.store.put_derived("models/alpha@1.0.0/model.onnx", b"other", "application/octet-stream")
        kept = await folder_of(runtime, model)
        for path in kept.iterdir():
            path.unlink()
        kept.rmdir()
        with pytest.raises(Exception, match="not the registered one"):
            await folder_of(runtime, model)


class TestAliases:
    async def test_a_new_champion_remembers_the_one_before(
        self, runtime: Runtime, champion: str, challenger: str
    ) -> None:
        await gradings.switch(runtime, "champion", challenger)
        assert await aliases(runtime) == {"champion": challenger, "previous": champion}

    async def test_one_step_returns(self, runtime: Runtime, champion: str, challenger: str) -> None:
        await gradings.switch(runtime, "champion", challenger)
        async with runtime.database.unit_of_work(Actor.system()) as uow:
            assert await registry.return_to_previous(uow) == champion
        assert await aliases(runtime) == {"champion": champion, "previous": challenger}

    async def test_there_has_to_be_something_to_return_to(self, runtime: Runtime, champion: str) -> None:
        with pytest.raises(AliasConflict):
            async with runtime.database.unit_of_work(Actor.system()) as uow:
                await registry.return_to_previous(uow)

    async def test_a_canary_that_becomes_champion_is_canary_no_more(
        self, runtime: Runtime, champion: str, challenger: str
    ) -> None:
        await gradings.switch(runtime, "canary", challenger, 0.2)
        await gradings.switch(runtime, "champion", challenger)
        assert (await aliases(runtime))["canary"] is None

    @pytest.mark.parametrize("share", [None, 0.0, 1.1])
    async def test_a_canary_needs_a_share(self, runtime: Runtime, challenger: str, share: float | None) -> None:
        with pytest.raises(AliasConflict):
            await gradings.switch(runtime, "canary", challenger, share)

    async def test_the_champion_is_no_canary_and_no_shadow(self, runtime: Runtime, champion: str) -> None:
        with pytest.raises(AliasConflict):
            await gradings.switch(runtime, "shadow", champion)
        with pytest.raises(AliasConflict):
            await gradings.switch(runtime, "canary", champion, 0.5)

    async def test_a_model_that_is_not_there_is_not_found(self, runtime: Runtime, champion: str) -> None:
        with pytest.raises(ModelNotFound):
            await gradings.switch(runtime, "champion", "nobody@1.0.0")

    async def test_every_switch_is_remembered(self, runtime: Runtime, champion: str, challenger: str) -> None:
        await gradings.switch(runtime, "canary", challenger, 0.25)
        await gradings.switch(runtime, "canary", None)
        async with runtime.database.unit_of_work(Actor.system()) as uow:
            history = (await registry.list_models(uow)).history
        canary = [(change.model, change.share) for change in history if change.alias == "canary"]
        assert canary == [(None, None), (challenger, 0.25)]


class TestWhoMay:
    async def test_only_whoever_runs_the_installation_switches(
        self, runtime: Runtime, acme: Tenant, champion: str, challenger: str
    ) -> None:
        for person in acme.people.values():
            with pytest.raises(Forbidden):
                async with runtime.database.unit_of_work(await person.actor()) as uow:
                    await registry.set_alias(uow, "champion", challenger)
        runs = await make_person(runtime, acme.org_id, "root@acme.example", "admin", platform_admin=True)
        async with runtime.database.unit_of_work(await runs.actor()) as uow:
            await registry.set_alias(uow, "champion", challenger)
        assert (await aliases(runtime))["champion"] == challenger

    async def test_a_farmer_does_not_look_at_models(self, runtime: Runtime, acme: Tenant) -> None:
        async with runtime.database.unit_of_work(await acme.farmer.actor(), read_only=True) as uow:
            with pytest.raises(Forbidden):
                await registry.list_models(uow)


class TestCanary:
    async def test_grades_its_share_and_a_retry_meets_it_again(
        self, bench: Bench, acme: Tenant, champion: str, challenger: str
    ) -> None:
        await gradings.switch(bench.runtime, "canary", challenger, 0.5)
        models = {}
        for number in range(6):
            scan_id = await gradings.graded(bench, number)
            (result,) = await gradings.results(bench.runtime, acme.org_id, scan_id)
            models[number] = (result.model, result.alias)
        drawn = {number: draws_canary(f"cap_{1757423584 + number}", 0.5) for number in range(6)}
        expected = {True: (challenger, "canary"), False: (champion, "champion")}
        assert models == {number: expected[canary] for number, canary in drawn.items()}
        assert len(set(drawn.values())) == 2

    async def test_is_taken_back_when_it_abstains_too_often(
        self, bench: Bench, acme: Tenant, champion: str, challenger: str
    ) -> None:
        await gradings.switch(bench.runtime, "canary", challenger, 0.5)
        await self.pretend(bench, acme, champion, "champion", abstained=0)
        await self.pretend(bench, acme, challenger, "canary", abstained=LEAST_RUNS // 2)
        async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
            (reason,) = await registry.mind_canaries(uow)
        assert "abstained on 50% of 30" in reason
        assert (await aliases(bench.runtime))["canary"] is None
        assert (await aliases(bench.runtime))["champion"] == champion

    async def test_everybody_who_works_with_models_hears_that_it_was_taken_back_and_why(
        self, bench: Bench, acme: Tenant, other: Tenant, owner: psycopg.Connection, champion: str, challenger: str
    ) -> None:
        await gradings.switch(bench.runtime, "canary", challenger, 0.5)
        await self.pretend(bench, acme, champion, "champion", abstained=0)
        await self.pretend(bench, acme, challenger, "canary", abstained=LEAST_RUNS // 2)
        owner.execute("DELETE FROM notifications")
        async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
            (reason,) = await registry.mind_canaries(uow)
        told = owner.execute(
            "SELECT u.email, n.payload FROM notifications n JOIN users u ON u.id = n.user_id"
            " WHERE n.type = 'model_changed'"
        ).fetchall()
        people = {person.email for tenant in (acme, other) for person in (tenant.admin, tenant.technician)}
        assert {email for email, _ in told} == people
        assert len(told) == len(people)
        said = {"alias": "canary", "model": None, "was": challenger, "reason": reason}
        assert all(payload == said for _, payload in told)

    async def test_nobody_hears_of_one_whose_taking_back_did_not_come_about(
        self, bench: Bench, acme: Tenant, owner: psycopg.Connection, champion: str, challenger: str
    ) -> None:
        await gradings.switch(bench.runtime, "canary", challenger, 0.5)
        await self.pretend(bench, acme, champion, "champion", abstained=0)
        await self.pretend(bench, acme, challenger, "canary", abstained=LEAST_RUNS // 2)
        owner.execute("DELETE FROM notifications")
        async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
            assert await registry.mind_canaries(uow)
            await uow.session.rollback()
        assert (await aliases(bench.runtime))["canary"] == challenger
        assert owner.execute("SELECT count(*) FROM notifications").fetchone() == (0,)

    async def test_stays_while_it_does_as_well(
        self, bench: Bench, acme: Tenant, champion: str, challenger: str
    ) -> None:
        await gradings.switch(bench.runtime, "canary", challenger, 0.5)
        for model, alias in ((champion, "champion"), (challenger, "canary")):
            await self.pretend(bench, acme, model, alias, abstained=2)
        async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
            assert await registry.mind_canaries(uow) == []
        assert (await aliases(bench.runtime))["canary"] == challenger

    async def test_is_taken_back_when_it_fails_too_often(
        self, bench: Bench, acme: Tenant, champion: str, challenger: str
    ) -> None:
        await gradings.switch(bench.runtime, "canary", challenger, 0.5)
        await self.pretend(bench, acme, champion, "champion", abstained=0)
        await self.pretend(bench, acme, challenger, "canary", abstained=0, failed=5)
        async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
            (reason,) = await registry.mind_canaries(uow)
        assert "failed" in reason

    async def pretend(
        self, bench: Bench, acme: Tenant, model: str, alias: str, *, abstained: int, failed: int = 0
    ) -> None:
        """Rows of runs, as thirty scans would have left them; the rates count rows of results and failures."""
        from tests.support.scan_factory import ScanFactory

        scan_ids = await ScanFactory(bench.runtime, acme.org_id).scans([{} for _ in range(LEAST_RUNS + failed)])
        name, version = model.split("@")
        run = text(
            "INSERT INTO grading_results (id, org_id, scan_id, model_name, model_version, alias, abstained,"
            " abstention_reason) VALUES (gen_random_uuid(), :org, :scan, :name, :version, :alias, :abstained, :why)"
        )
        failure = text(
            "INSERT INTO grading_failures (id, org_id, scan_id, model_name, model_version, alias, reason)"
            " VALUES (gen_random_uuid(), :org, :scan, :name, :version, :alias, 'broken')"
        )
        common = {"org": acme.org_id, "name": name, "version": version, "alias": alias}
        async with bench.runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
            for number, scan_id in enumerate(scan_ids):
                if number < LEAST_RUNS:
                    quiet = number < abstained
                    facts = {"scan": scan_id, "abstained": quiet, "why": "no_ribeye" if quiet else None}
                    await uow.session.execute(run, {**common, **facts})
                else:
                    await uow.session.execute(failure, {**common, "scan": scan_id})
