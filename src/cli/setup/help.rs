//! What `--help` says.

use super::super::Help;

pub(super) const SETUP: Help = "\
Writes the AWS and the BTP side of a set-up, and reads what exists

Usage: btp-s3-catalog setup aws --source SOURCE --bucket BUCKET [options]
       btp-s3-catalog setup btp --source SOURCE --bucket BUCKET --region REGION [options]
       btp-s3-catalog setup lint FILE

  aws    CloudFormation or Terraform: who may take the role, what it may do, the buckets
  btp    a shell script: service instances, Private Link, settings, bindings
  lint   names what is too wide in a trust policy, or in the permissions of a role

The order of work, because each side needs names of the other:
  1. setup btp --out .      then ./btp.sh services   (makes the Private Link endpoint)
  2. ./btp.sh facts         prints the call of setup aws with the endpoint's host name
  3. setup aws --out .      then deploy the stack
  4. ./btp.sh settings      takes the stack's outputs over
  5. in the unpacked release: cf push --vars-file deploy/cf/vars.yml --no-start
     (with oidc and credential-store take catalog-destination out of its manifest.yml before)
  6. ./btp.sh bindings      then cf start btp-s3-catalog, cf start btp-s3-catalog-approuter

Nothing is sent anywhere and no secret is written; the same options give the same bytes.
Each command has its own --help; docs/how-to/setup.md goes through every credential source.
";

pub(super) const AWS: Help = "\
Writes the AWS side as CloudFormation or Terraform

Usage: btp-s3-catalog setup aws --source SOURCE --bucket BUCKET [options]

      --source S             roles-anywhere, oidc or credential-store
      --bucket B             a bucket that the service may reach; may be repeated
      --existing-buckets     the buckets exist; the stack only sets their policies
      --mode M               read (default) or readwrite
      --format F             cloudformation (default) or terraform
      --name N               name of the stack, role and user (default btp-s3-catalog)
      --tag KEY=VALUE        a tag of everything that is made; may be repeated
      --private-link-host H  hostname of the Private Link binding, *.vpce-….s3.….amazonaws.com
      --vpc-endpoint ID      or its first part, vpce-…; without both the stack asks for it
      --out DIR              write DIR/<name>.yaml or DIR/main.tf instead of stdout
      --force                write over a file with other content
  -h, --help                 this text

roles-anywhere:
      --certificate FILE     PEM: the service's certificate with its CAs. The topmost CA becomes
                             the trust anchor, the subject is pinned. Keys in it are not read
      --pin FIELD=VALUE      pin x509Subject/CN, /L, /OU, x509Issuer/CN, … to this instead
      --trust-anchor-arn A   use a trust anchor that exists
oidc:
      --issuer URL           the IAS tenant, https://<tenant>.accounts.ondemand.com
      --client-id ID         clientid of the identity binding; without it the stack asks for it
      --oidc-provider-arn A  use the account's IAM OIDC provider for the tenant
credential-store:
      --external-id T        a random text; without it the stack asks for it

SAP's own CAs are trusted only with subject fields that SAP sets, L or OU with a GUID, because
every SAP customer gets certificates of them. The Private Link instance must exist before the
stack: setup btp comes first.
";

pub(super) const BTP: Help = "\
Writes the BTP side as a shell script for the cf CLI

Usage: btp-s3-catalog setup btp --source SOURCE --bucket BUCKET --region REGION [options]

      --source S             roles-anywhere, oidc or credential-store
      --bucket B             a bucket that the service may reach; may be repeated
      --region R             AWS region of buckets and Private Link, such as eu-central-1
      --existing-buckets, --tag KEY=VALUE
                             as for setup aws, whose command ./btp.sh facts prints
      --mode M               read (default) or readwrite: what may pass the endpoint
      --format F             whose outputs become settings: cloudformation (default), terraform
      --name N               name of the stack (default btp-s3-catalog)
      --out DIR              write DIR/btp.sh instead of stdout
      --force                write over a file with other content
  -h, --help                 this text

roles-anywhere:
      --certificate-name N   name of the key store in the Destination service
                             (default aws-rolesanywhere.p12)

Instead of a stack's outputs, for a set-up that exists:
      --role-arn A           and with roles-anywhere --trust-anchor-arn A, --profile-arn A,
                             with credential-store --external-id T

The script says in which order its steps run. It asks for the password of a key store and puts
it into no argument; it never sees the key of an IAM user.
";

pub(super) const LINT: Help = "\
Names what is too wide in a trust policy, or in the permissions of a role

Usage: btp-s3-catalog setup lint FILE

FILE is JSON: the policy itself, or what aws iam get-role, get-role-policy or
get-user-policy answered:
  aws iam get-role --role-name btp-s3-catalog > role.json
  btp-s3-catalog setup lint role.json

One line per finding: where, what, why, what to write. Ends with 0 if there is none, which stderr
says, with 1 if there are findings, with 64 if the file can't be read as such a policy.
";
