"""The handlers of a resource, made once at start-up: decode, ask the service, encode."""

from estuary.core.record_service import RecordService
from estuary.core.resource import Resource
from estuary.core.writes.records_by_key import RecordsByKey
from estuary.http.guards.body import BodyReader
from estuary.http.records.answers import WrittenAnswers
from estuary.http.records.by_value import ByValue
from estuary.http.records.change_handlers import ChangeHandlers
from estuary.http.records.codec import RecordCodec
from estuary.http.records.creation import Creation
from estuary.http.records.expansion import Expander, Expansions
from estuary.http.records.list_parameters import ListParameters
from estuary.http.records.list_read import ListRead
from estuary.http.records.list_request import OWNER, ListRequests
from estuary.http.records.listings import ListAnswers
from estuary.http.records.point_read import PointRead
from estuary.http.records.query_body import QueryBodies
from estuary.http.records.query_string import refuse_parameters
from estuary.http.records.querying import Querying
from estuary.http.records.shown import ShownParameters
from estuary.http.records.value_paths import ValuePaths
from estuary.http.records.write_headers.write_headers import WriteHeadersReader
from estuary.http.records.write_headers.write_parameters import VALIDATE_ONLY
from estuary.http.records.write_steps import WriteSteps


class RecordHandlers:
    """The handlers of a resource's routes. `path` is the collection's own path.

    `expansions` are what `expander` can show beside its records.
    """

    def __init__(
        self,
        records: RecordService,
        body: BodyReader,
        write_headers: WriteHeadersReader,
        expansions: Expansions,
        expander: Expander,
        path: str,
    ) -> None:
        resource = records.resource
        self.resource: Resource = resource
        self.codec = RecordCodec(resource)
        self.answers = WrittenAnswers(resource.name, self.codec, expander, path)
        steps = WriteSteps(write_headers, body, self.codec, self.answers)
        requests = ListRequests(resource, expansions)
        lists = ListAnswers(self.codec, requests.cursors, path)
        bodies = QueryBodies(resource, requests)
        self._list_parameters = ListParameters(resource, requests)
        self.list = ListRead(records, self._list_parameters, lists, expander)
        self.query = Querying(records, body, bodies, lists, expander)
        self._shown = ShownParameters(resource, expansions)
        self.read = PointRead(records, self.codec, self._shown, expander)
        self.create = Creation(records, steps)
        self.change = ChangeHandlers(records, steps)
        self.by_value = [
            ByValue(
                RecordsByKey(records, key),
                ValuePaths(resource, key, path),
                steps,
                self.read,
                self._shown,
            )
            for key in resource.unique_keys
            if len(key.fields) == 1
        ]

    def check_many(self, query: str) -> None:
        """Raise `InvalidParameter` where `query` has a parameter that no method of a collection knows."""
        self._list_parameters.refuse_unknown(query, (VALIDATE_ONLY, OWNER))

    def check_one(self, query: str) -> None:
        """Raise `InvalidParameter` where `query` has a parameter that no method of a record knows."""
        refuse_parameters(query, (*self._shown.names, VALIDATE_ONLY))
