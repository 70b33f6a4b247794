-- question: What did a provider state beside its balances: its own totals, charts, metrics, reports and lists?
-- Every figure stands under the provider's name and as it was stated; none of it is part of our values.
-- parameter provider: Only this provider; default all.
-- parameter series: Only this series, by the endpoint's name; default all.
-- parameter account: Only this account, by label, address or account id; default all.
-- parameter account_group: Only accounts of this group; default all.
-- parameter since: First instant at which it was stated, UTC; default the first of the history.
-- parameter until: Last such instant, inclusive, UTC; default the last of the history.
-- column as_of timestamp: The instant at which it was stated, UTC.
-- column provider varchar: The outside API family that stated it.
-- column series varchar: The endpoint that stated it.
-- column account_id varchar: The wallet it is about, none where about no wallet.
-- column label varchar: The account's name in the settings.
-- column subject varchar: What in the series it is about, empty for the whole.
-- column measure varchar: The provider's own name of the figure.
-- column point_at timestamp: Of a series over time, the point's instant, UTC.
-- column number double: The figure, none where it is text.
-- column words varchar: The text as stated, none for plain numbers.
create or replace macro provider_series(
    provider := null, series := null, account := null, account_group := null, since := null, until := null
) as table
with mine as (from accounts_meant(account, account_group))
select figure.as_of, figure.provider, figure.series, figure.account_id, named.label, figure.subject, figure.measure,
    figure.point_at, figure.number, figure.words
from figure
left join mine as named on named.account_id = figure.account_id
where figure.as_of between since_meant(since) and until_meant(until)
    and (provider is null or figure.provider = provider::varchar)
    and (series is null or figure.series = series::varchar)
    and (named.account_id is not null or (figure.account_id is null and account is null and account_group is null))
order by figure.as_of, figure.provider, figure.series, named.label, figure.point_at, figure.subject, figure.measure
