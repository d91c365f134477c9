"""What `pyproject.toml` can't say: a wheel carries the built web pages."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

BUILT = Path(__file__).resolve().parent / "web" / "dist"


class BuildWithPages(build_py):
    """Puts them into `streamsvc/pages`; a source tree is served from `web/dist` itself."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        pages = Path(self.build_lib) / "streamsvc" / "pages"
        shutil.rmtree(pages, ignore_errors=True)
        if BUILT.is_dir():
            shutil.copytree(BUILT, pages, ignore=shutil.ignore_patterns(".built"))
        else:
            self.warn("the web pages are not built (make web): this package has none")


setup(cmdclass={"build_py": BuildWithPages})
