-- One database per service, each with two roles: the owner migrates, the application reads and adds.
-- Run by the superuser, through psql, with OWNER_PASSWORD and APP_PASSWORD in the environment. Each object is asked for
-- by itself: a run that was cut off is finished by the next, and one that was not changes nothing. The same file makes
-- the databases of docker-compose.yml and of the local platform.

\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD

select format('create role %I login password %L', role, password)
from unnest(array['intake', 'review', 'monitoring', 'reporting']) as service
cross join lateral (values
    (service || '_owner', :'owner_password'),
    (service || '_app', :'app_password')
) as wanted (role, password)
where not exists (select from pg_roles where rolname = role)
\gexec

select format('create database %I owner %I', service, service || '_owner')
from unnest(array['intake', 'review', 'monitoring', 'reporting']) as service
where not exists (select from pg_database where datname = service)
\gexec

-- Nobody but a service's own two roles comes into its database.
revoke all on database intake, review, monitoring, reporting from public;
grant connect on database intake to intake_app;
grant connect on database review to review_app;
grant connect on database monitoring to monitoring_app;
grant connect on database reporting to reporting_app;
