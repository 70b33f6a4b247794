# pragma version ==0.4.3
"""A token of the time before symbols were strings: 32 bytes instead."""

name: public(bytes32)
symbol: public(bytes32)
decimals: public(uint8)
balanceOf: public(HashMap[address, uint256])


@deploy
def __init__(name: bytes32, symbol: bytes32, holder: address, held: uint256):
    self.name = name
    self.symbol = symbol
    self.decimals = 18
    self.balanceOf[holder] = held
