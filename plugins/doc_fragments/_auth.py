# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation of the options that everything in this collection shares."""

from __future__ import annotations


class ModuleDocFragment:
    """Where the API is, how to sign in, and how hard to press it."""

    DOCUMENTATION = r"""
options:
  deployment:
    description:
      - Which world the site lives in. It decides the host, the base path and the way to sign in.
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
      - Scheme, host and, if need be, port of the API, such as V(https://ddc01.example.com) or V(https://api-eu.cloud.com).
      - A path after the host replaces the base path of the deployment.
      - V(http://) is accepted for the loopback of this host only.
      - Except for O(deployment=on_premises), the host must be one of Citrix Cloud, unless O(token_url) is set too.
      - The sign-in stays at the host that O(deployment) names. Regional hosts, V(https://api-us.cloud.com),
        V(https://api-eu.cloud.com) and V(https://api-ap-s.cloud.com), serve the sign-in too.
      - Needed for O(deployment=on_premises); elsewhere it is known by O(deployment).
      - If not set, the environment variable E(CITRIX_API_URL) is used.
    type: str
  token_url:
    description:
      - Whole URL of the sign-in, for a private gateway or a test server. It receives the credentials.
      - Without it the sign-in is known by O(deployment).
      - If not set, the environment variable E(CITRIX_TOKEN_URL) is used.
    type: str
  customer_id:
    description:
      - Customer id as the Citrix Cloud console shows it.
      - Needed everywhere but for O(deployment=on_premises), where it is C(CitrixOnPremises) unless set.
      - If not set, the environment variable E(CITRIX_CUSTOMER_ID) is used.
    type: str
  site_id:
    description:
      - Id of the site.
      - Without it the account is asked which sites it sees. If that is exactly one, it is taken; if there are several,
        the error lists them.
      - Setting it saves one request in each task.
      - If not set, the environment variable E(CITRIX_SITE_ID) is used.
    type: str
  client_id:
    description:
      - Id of an API client (service principal) of Citrix Cloud.
      - For all deployments but V(on_premises), together with O(client_secret).
      - If not set, the environment variable E(CITRIX_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - Secret of the API client. It ends on the day that was set when it was made.
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
      - A token that was obtained before. It takes the place of any other credential and is never renewed.
      - If not set, the environment variable E(CITRIX_ACCESS_TOKEN) is used.
    type: str
  validate_certs:
    description:
      - Whether the certificate of the API is checked. V(false) is refused unless O(deployment=on_premises).
      - Better than V(false) is O(ca_path) with the certificate of your own CA.
      - If not set, the environment variable E(CITRIX_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - File with the CA certificates to trust, in PEM form.
      - Without it E(REQUESTS_CA_BUNDLE), then E(CURL_CA_BUNDLE), then the bundle of Python's C(requests) is used.
      - If not set, the environment variable E(CITRIX_CA_PATH) is used.
    type: path
  timeout:
    description:
      - Seconds to wait for a sign of the server, from 1 to 300. It is not for the whole answer; where one comes drop by
        drop and nothing else moves, the run ends this long after the 300 seconds of O(retries).
      - If not set, the environment variable E(CITRIX_TIMEOUT) is used.
    type: int
    default: 30
  retries:
    description:
      - How often a request is sent again, from 0 to 20, where that is safe.
      - Reads are sent again after faults of the network and the service. A start or a stop is sent again only where
        the server refused it before any work, or as said of O(batch_size).
      - A refusal for the rate limit (HTTP 429) does not count as a retry.
      - Where nothing has moved for 300 seconds the run ends with what was done.
      - If not set, the environment variable E(CITRIX_RETRIES) is used.
    type: int
    default: 5
  max_concurrency:
    description:
      - Requests under way at the same time, from 1 to 100.
      - If not set, the environment variable E(CITRIX_MAX_CONCURRENCY) is used.
    type: int
    default: 10
  requests_per_second:
    description:
      - Most requests to send in a second, up to 1000. V(0) sets no limit of its own; what the server asks for is
        heeded in any case.
      - If not set, the environment variable E(CITRIX_REQUESTS_PER_SECOND) is used.
    type: float
    default: 0.0
  batch_size:
    description:
      - How many calls travel in one request (C($batch)), up to 1000. V(0) sends each call alone.
      - It saves requests where the number of requests is limited. How a site works off a batch is not documented,
        so try it on a few sessions first.
      - From 250 calls on, and after one that took too long, a batch is sent as a job whose results are fetched.
      - Where the API takes no batches, each call is sent alone, and a warning says so.
      - Where the answer to a batch of starts or stops is lost, the statuses are read. What has not changed by the end
        of the waiting time is sent once more, but for starts that tell the user, who might be told twice.
      - If not set, the environment variable E(CITRIX_BATCH_SIZE) is used.
    type: int
    default: 0
requirements:
  - requests >= 2.25.1
"""
