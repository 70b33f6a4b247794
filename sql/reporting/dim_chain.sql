-- view: One row a chain that any snapshot planned.
-- column chain_id: The chain as its CAIP-2 id; what facts name it by.
-- column name: Its name, none where this program knows none.
-- column namespace: Its family as CAIP-2 has it, such as eip155 or solana.
-- column reference: What it is called within the family, such as 1 or 8453.
select planned.chain_id, named.name, split_part(planned.chain_id, ':', 1) as namespace, split_part(planned.chain_id, ':', 2) as reference
from (select unnest(extent.chains) as chain_id from main.extent) as planned
left join (
    values
        ('eip155:1', 'Ethereum'),
        ('eip155:10', 'Optimism'),
        ('eip155:56', 'BNB Chain'),
        ('eip155:100', 'Gnosis'),
        ('eip155:130', 'Unichain'),
        ('eip155:137', 'Polygon'),
        ('eip155:146', 'Sonic'),
        ('eip155:324', 'ZKsync Era'),
        ('eip155:999', 'HyperEVM'),
        ('eip155:1088', 'Metis'),
        ('eip155:1284', 'Moonbeam'),
        ('eip155:1285', 'Moonriver'),
        ('eip155:5000', 'Mantle'),
        ('eip155:8453', 'Base'),
        ('eip155:42161', 'Arbitrum One'),
        ('eip155:42220', 'Celo'),
        ('eip155:43114', 'Avalanche'),
        ('eip155:59144', 'Linea'),
        ('eip155:80094', 'Berachain'),
        ('eip155:81457', 'Blast'),
        ('solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp', 'Solana')
) as named (chain_id, name) on named.chain_id = planned.chain_id
