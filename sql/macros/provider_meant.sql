-- macro: The provider that a question means; one that was never asked about a wallet is an error that names those that were.
-- parameter provider: The provider's name as in the settings; NULL for none in particular, and stays it.
create or replace macro provider_meant(provider) as (
    select case
        when provider is null or len(extent.providers) = 0 or list_contains(extent.providers, provider::varchar) then provider::varchar
        else error(concat('no snapshot asked a provider ', left(provider::varchar, 60), '; there are: ',
            array_to_string(extent.providers, ', ')))
    end
    from extent
)
