-- macro: What to do about a reason for which a pull has no answer, in plain words, for the ticks to come; the same as in remedies.py.
-- parameter reason: The reason as in `pull`, or in_part for an answer of which a part could not be read; NULL and an unknown one stay NULL.
create or replace macro remedy_for(reason) as (
    case reason
        when 'missing_key' then 'set the key in the environment of the run'
        when 'unauthorised' then 'set a key that the provider accepts in the environment of the run'
        when 'forbidden' then 'the key may not ask this: choose a plan that includes it, or set enabled = false for it'
        when 'bad_request' then 'the provider rejects the request: correct its section in the settings, or update this program'
        when 'not_found' then 'nothing is at this address: correct base_url, or set enabled = false if the provider is gone'
        when 'rate_limited' then 'lower requests_per_second of the provider'
        when 'server_error' then 'the provider itself failed: run again later'
        when 'unexpected_status' then 'the provider answers with an unknown status: run again later, or update this program'
        when 'redirected' then 'the provider has moved: set its new address as base_url'
        when 'unreachable' then 'correct the address in the settings, or mend the network of this machine'
        when 'timeout' then 'run again later; if it stays so, lower concurrency or name another address'
        when 'interrupted' then 'run again; if it stays so, name another address'
        when 'too_large' then 'the answer is too large: ask for less at once, with fewer tokens or a smaller chunk'
        when 'undecodable' then 'run again; if it stays so, update this program: the provider changed its encoding'
        when 'unreadable' then 'update this program: the provider changed its answers; they are kept for `portfolio rebuild`'
        when 'not_point_in_time' then 'set the clock of this machine; if it is right, run again later'
        when 'quota' then 'raise monthly_quota of the provider, or wait for the next UTC month'
        when 'now_only' then 'run within the grace of a tick: this endpoint knows only the present'
        when 'state_pruned' then 'name an archive node of this chain under endpoints in the settings'
        when 'not_asked' then 'the run of this tick left this provider out: run it with every provider'
        when 'wrong_chain' then 'correct the address of this node in the settings: it serves another chain'
        when 'node_behind' then 'the node lacks the block: run again later; if it stays so, name another node of this chain'
        when 'in_part' then 'the rest is recorded: correct what is named; if the provider changed its answers, update this program'
        when 'refused' then 'name another node of this chain under endpoints in the settings'
    end
)
