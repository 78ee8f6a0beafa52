-- One database per service, each with two roles: the owner migrates, the application reads and adds.
-- Run once by the superuser, through psql, with OWNER_PASSWORD and APP_PASSWORD in the environment. The same file makes
-- the databases of docker-compose.yml and of the local platform.

\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD

create role intake_owner login password :'owner_password';
create role intake_app login password :'app_password';
create database intake owner intake_owner;

create role review_owner login password :'owner_password';
create role review_app login password :'app_password';
create database review owner review_owner;

create role monitoring_owner login password :'owner_password';
create role monitoring_app login password :'app_password';
create database monitoring owner monitoring_owner;

create role reporting_owner login password :'owner_password';
create role reporting_app login password :'app_password';
create database reporting owner reporting_owner;

-- Nobody but a service's own two roles comes into its database.
revoke all on database intake, review, monitoring, reporting from public;
grant connect on database intake to intake_app;
grant connect on database review to review_app;
grant connect on database monitoring to monitoring_app;
grant connect on database reporting to reporting_app;
