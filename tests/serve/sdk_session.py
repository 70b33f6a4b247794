"""What the vendor's own SDK reads from a server, run by a Python that has it; URL, account and range are arguments.

What is expected of the answers stands in the test that starts this.
"""

import json
import sys

from credmark import Credmark  # type: ignore[import-not-found] # in an environment of its own, see the test
from credmark.errors import CredmarkError  # type: ignore[import-not-found] # likewise

url, account, start, end = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
client = Credmark(base_url=url, api_key="none")
api = client.portfolio_api
plain = api.get_value(1, [account])
full = api.get_value(1, [account], include_positions=True, timestamp=end)
held = api.get_positions(1, [account], timestamp=end)
history = api.get_value_historical(1, [account], start_timestamp=start, end_timestamp=end, time_interval=86_400)
held_history = api.get_positions_historical(1, [account], start_timestamp=start, end_timestamp=end)
gained = api.get_returns(1, [account], timestamp=end)
try:
    api.get_value(1, ["0x" + "1" * 40])
    refused = None
except CredmarkError as error:
    refused = error.parsed.message
json.dump(
    {
        "plain": plain.value,
        "full": [full.value, full.block_number, [[one.token_address, one.value] for one in full.positions]],
        "held": [[one.token_address, one.balance] for one in held.positions],
        "history": [[one.block_timestamp, one.value] for one in history.data],
        "held_history": [len(one.positions) for one in held_history.data],
        "gained": [gained.total_return, len(gained.returns)],
        "refused": refused,
    },
    sys.stdout,
)
