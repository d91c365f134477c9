"""Shows the demo county and keeps its teacher teaching: what `serve --demo` adds."""

import sys

from streamsvc.addresses import machine_addresses, url_host
from streamsvc.base.clock import Clock
from streamsvc.data_folder import DataFolder
from streamsvc.demo import DemoLogin, DemoRoom, box
from streamsvc.near import Near
from streamsvc.school.io.seed import DemoCounty
from streamsvc.school.records import Role
from streamsvc.settings import Settings
from streamsvc.supervise import Supervisor

_ROLE_WORDS = {
    Role.LEAD_TEACHER: "lead teacher",
    Role.HELPER_TEACHER: "helper teacher",
    Role.ADMINISTRATOR: "administrator",
    Role.OBSERVER: "observer",
}


class DemoService:
    """One demo county beside a running service."""

    def __init__(
        self, settings: Settings, county: DemoCounty, folder: DataFolder, clock: Clock
    ) -> None:
        self._settings = settings
        self._county = county
        self._folder = folder
        self._teacher = self._teacher_process(clock)

    def start(self) -> None:
        """Put the demo teacher on air, if she is wanted."""
        if self._settings.demo_teacher:
            self._teacher.start()

    async def close(self) -> None:
        """End the demo teacher."""
        await self._teacher.close()

    def box(self) -> str:
        """What to open, in a frame."""
        county = self._county
        here = f"http://localhost:{self._settings.http.port}"
        codes = {code.room_id: code.code for code in county.join_codes}
        rooms = [
            DemoRoom(room.name, f"{here}/join?code={codes[room.id]}")
            for room in county.rooms
            if room.id in codes
        ]
        logins = [
            DemoLogin(f"{_ROLE_WORDS[person.role]} {person.name}", person.login, county.password)
            for person in county.people
        ]
        return box(here, self._elsewhere(), rooms, logins)

    def _elsewhere(self) -> list[str]:
        if self._settings.tls.mode == "off":
            return ["streamsvc serve --tls local (cameras need HTTPS there)"]
        port = self._settings.http.port
        return [f"http://{url_host(address)}:{port}/trust" for address in machine_addresses()]

    def _teacher_process(self, clock: Clock) -> Supervisor:
        county = self._county
        (teacher, *_) = [p for p in county.people if p.role is Role.LEAD_TEACHER]
        near = Near.of(self._settings)
        command = [
            sys.executable, "-m", "streamsvc", "teach",
            "--server", near.server,
            "--near", near.media,
            "--lesson", county.lesson.id,
        ]  # fmt: skip
        secrets = {
            "STREAMSVC_LOGIN": teacher.login,
            "STREAMSVC_PASSWORD": county.password,
            "STREAMSVC_CACHE": str(self._folder.path / "clips"),
        }
        return Supervisor("demo teacher", command, clock, environment=secrets, may_finish=True)
