# pragma version ==0.4.3
"""Multicall3's functions that this project calls, with the same signatures."""

struct Call3:
    target: address
    allowFailure: bool
    callData: Bytes[256]

struct Result:
    success: bool
    returnData: Bytes[256]


@external
@payable
def aggregate3(calls: DynArray[Call3, 256]) -> DynArray[Result, 256]:
    results: DynArray[Result, 256] = []
    for call: Call3 in calls:
        success: bool = False
        data: Bytes[256] = b""
        success, data = raw_call(call.target, call.callData, max_outsize=256, revert_on_failure=False)
        assert success or call.allowFailure, "Multicall3: call failed"
        results.append(Result(success=success, returnData=data))
    return results


@external
@view
def getEthBalance(addr: address) -> uint256:
    return addr.balance


@external
@view
def getCurrentBlockTimestamp() -> uint256:
    return block.timestamp


@external
@view
def getBlockNumber() -> uint256:
    return block.number
