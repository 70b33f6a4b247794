-- Which version of the history a file holds, so that publishing compares content and never file times.

alter table store add column if not exists revision_count bigint default 0;
alter table store alter column revision_count set not null;
alter table store add column if not exists revision_id varchar default '';
alter table store alter column revision_id set not null;
alter table store add column if not exists published_id varchar default '';
alter table store alter column published_id set not null;
comment on column store.revision_count is 'How many changes of the history were stored.';
comment on column store.revision_id is 'Random id of the last change, by which copies that were changed apart differ.';
comment on column store.published_id is 'The change that was published last; what is published with it is known here.';
