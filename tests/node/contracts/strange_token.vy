# pragma version ==0.4.3
"""A contract that says what it was made to say of every balance: it refuses, or has more than anybody can have."""

refuses: bool
decimals: public(uint8)


@deploy
def __init__(refuses: bool):
    self.refuses = refuses
    self.decimals = 18


@external
@view
def balanceOf(holder: address) -> uint256:
    assert not self.refuses, "not for you"
    return max_value(uint256)
