# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the connection options that modules and plugins share."""

from __future__ import annotations


class ModuleDocFragment:
    """Address of the API, credentials, and limits on requests."""

    DOCUMENTATION = r"""
options:
  deployment:
    description:
      - Deployment type of the site. It sets the host, the base path and the sign-in method.
      - V(cloud) is Citrix Cloud in the United States, the European Union and Asia Pacific South.
      - V(japan) is Citrix Cloud Japan, V(gov) is Citrix Cloud Government.
      - V(on_premises) is a Delivery Controller of Citrix Virtual Apps and Desktops.
      - If not set, the environment variable E(CITRIX_DEPLOYMENT) is used.
    type: str
    default: cloud
    choices:
      - cloud
      - japan
      - gov
      - on_premises
  api_url:
    description:
      - Scheme, host and optional port of the API, such as V(https://ddc01.example.com) or V(https://api-eu.cloud.com).
      - A path after the host replaces the base path of the deployment.
      - V(http://) is accepted for the loopback of this host only.
      - The host must belong to Citrix Cloud, unless O(deployment=on_premises) or O(token_url) is set.
      - The sign-in uses the host of O(deployment). The regional hosts V(https://api-us.cloud.com),
        V(https://api-eu.cloud.com) and V(https://api-ap-s.cloud.com) serve the sign-in too.
      - If not set, the environment variable E(CITRIX_API_URL) is used, then the host of O(deployment). Required with
        O(deployment=on_premises), which has no such host.
    type: str
  token_url:
    description:
      - Full URL of the sign-in, for a private gateway or a test server. This host receives the credentials.
      - With O(deployment=gov), a URL with C(/cctrustoauth2/) gets a form, any other the JSON of the trust service.
      - If not set, the environment variable E(CITRIX_TOKEN_URL) is used, then the URL of O(deployment).
    type: str
  customer_id:
    description:
      - Customer id as shown in the Citrix Cloud console.
      - If not set, the environment variable E(CITRIX_CUSTOMER_ID) is used. Required except with
        O(deployment=on_premises), where the default is C(CitrixOnPremises).
    type: str
  site_id:
    description:
      - Id of the site. Setting it saves one request in each task.
      - If not set, the environment variable E(CITRIX_SITE_ID) is used, then the only site of the account. If the
        account has several sites, the task fails and lists them.
    type: str
  client_id:
    description:
      - Id of an API client (service principal) of Citrix Cloud.
      - For all deployments except V(on_premises), together with O(client_secret).
      - If not set, the environment variable E(CITRIX_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - Secret of the API client. Client secrets expire; create a new one in the Citrix Cloud console.
      - If not set, the environment variable E(CITRIX_CLIENT_SECRET) is used.
    type: str
  username:
    description:
      - Name of a Citrix administrator, written C(DOMAIN\user).
      - For O(deployment=on_premises), together with O(password).
      - If not set, the environment variable E(CITRIX_USERNAME) is used.
    type: str
  password:
    description:
      - Password of O(username).
      - If not set, the environment variable E(CITRIX_PASSWORD) is used.
    type: str
  access_token:
    description:
      - An access token that was obtained before. It replaces all other credentials and is never refreshed.
      - If not set, the environment variable E(CITRIX_ACCESS_TOKEN) is used.
    type: str
  validate_certs:
    description:
      - Whether to verify the certificate of the API. V(false) is invalid unless O(deployment=on_premises).
      - Prefer O(ca_path) with the certificate of your own CA to V(false).
      - If not set, the environment variable E(CITRIX_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - File with the trusted CA certificates in PEM format.
      - If not set, the environment variable E(CITRIX_CA_PATH) is used, then E(REQUESTS_CA_BUNDLE), then
        E(CURL_CA_BUNDLE), then the bundle of C(requests).
    type: path
  timeout:
    description:
      - Read timeout in seconds, from 1 to 300. It limits the time between two reads, not the whole response. If a
        response arrives in small pieces and no other request makes progress, the run ends this long after the 300
        seconds described for O(retries).
      - If not set, the environment variable E(CITRIX_TIMEOUT) is used.
    type: int
    default: 30
  retries:
    description:
      - Maximum number of retries of a request, from 0 to 20. Only safe retries are made.
      - Reads are retried after network and service errors. A start or stop is retried only if the server refused it
        before processing it, or as described for O(batch_size).
      - A throttled request (HTTP 429) does not count as a retry.
      - If no request makes progress for 300 seconds, the run ends and reports the changes it made.
      - If not set, the environment variable E(CITRIX_RETRIES) is used.
    type: int
    default: 5
  max_concurrency:
    description:
      - Maximum number of concurrent requests, from 1 to 100.
      - If not set, the environment variable E(CITRIX_MAX_CONCURRENCY) is used.
    type: int
    default: 10
  requests_per_second:
    description:
      - Rate limit in requests per second, up to 1000. V(0) sets no limit. The module always backs off when the API
        throttles requests.
      - If not set, the environment variable E(CITRIX_REQUESTS_PER_SECOND) is used.
    type: float
    default: 0.0
  batch_size:
    description:
      - Number of calls in one request (C($batch)), up to 1000. V(0) sends each call alone.
      - Batches save requests if the number of requests is limited. How a site processes a batch is not documented, so
        try it on a few sessions first.
      - A batch of 250 or more calls, and every batch after one that timed out, is sent as a job, and the module fetches
        the results of the job.
      - If the API does not accept batches, each call is sent alone, with a warning.
      - If the response to a batch of starts or stops is lost, the statuses are read. Calls whose change does not show
        within the wait time are sent once more, except starts that notify the user, to avoid a second notification.
      - If not set, the environment variable E(CITRIX_BATCH_SIZE) is used.
    type: int
    default: 0
requirements:
  - requests >= 2.25.1
  - urllib3 >= 1.26.5
"""
