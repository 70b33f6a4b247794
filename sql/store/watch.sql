-- claim: Makes the table of accounts say what the settings say; an account that they no longer list stays, unwatched.
delete from account using incoming_account where account.account_id = incoming_account.account_id;
update account set is_watched = false where is_watched;
insert into account by name from incoming_account;
