"""How Great Expectations draws the Data Docs: with its own templates, compiled once a process.

It makes an environment of Jinja for each page and compiles every template anew in it, which was a
third of the time of the gate on the marts. `validation.py` gives Great Expectations the names of
these classes; what is on a page is not changed here.
"""

from great_expectations.render.view import DefaultJinjaIndexPageView, DefaultJinjaPageView
from great_expectations.render.view.view import DefaultJinjaView
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class _Kept(BytecodeCache):
    """Compiled templates in memory, by the checksum of their source."""

    def __init__(self) -> None:
        self.compiled: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        known = self.compiled.get((bucket.key, bucket.checksum))
        if known:
            bucket.bytecode_from_string(known)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.compiled[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


_KEPT = _Kept()


class _Compiled(DefaultJinjaView):
    """What Great Expectations gives a view are folders of templates of ours; there are none."""

    def __init__(self, **folders: str | None) -> None:
        super().__init__(**folders)
        self.env.bytecode_cache = _KEPT


class Page(_Compiled, DefaultJinjaPageView): ...


class IndexPage(_Compiled, DefaultJinjaIndexPageView): ...
