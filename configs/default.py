"""Every setting, one sentence each. `LTI_TOOL_<NAME>` in the environment wins over these files."""

# The public address of the tool, without a trailing slash; https unless the host is a loopback address.
BASE_URL = ""

# Where the tool keeps its own files: database, queue, keys of the demo.
VAR_DIR = "var"

# Signs login states and seat tokens; at least 32 characters, the same for every process.
SECRET_KEY = ""

# Encrypts our private keys at rest: Fernet keys separated by commas, the first encrypts, all decrypt.
KEY_ENCRYPTION_KEY = ""

# Where the truth is: SQLite in VAR_DIR when empty, or postgresql+psycopg://…
DATABASE_URL = ""

# What wakes the workers: SQLite in VAR_DIR when empty, redis://… or postgresql://…
QUEUE_URL = ""

# The zone of a new community until its staff confirm or change it.
TIME_ZONE = "Europe/Paris"

# Private hosts or networks that may be called, host names and CIDR separated by commas.
OUTBOUND_ALLOW = ""

# A forward proxy for every call to an LMS, such as http://proxy.example.org:3128; none when empty.
OUTBOUND_PROXY = ""

# How many calls one LMS host answers at once, over all processes together.
OUTBOUND_PER_HOST = 4

# Where mails are handed in: smtp://… or smtps://name:password@host:port; no mail is sent when empty.
MAIL_URL = ""
# The address that mails come from; community@ and the host of BASE_URL when empty.
MAIL_FROM = ""
# Where answers to mails arrive: imaps://name:password@host:port/FOLDER, for nothing else; none when empty.
INBOUND_MAIL_URL = ""
# The address of that mailbox, where reply+anything@… has to arrive as well; with the one above, or neither.
REPLY_ADDRESS = ""
# A portal by which administrators may sign in to the console (OpenID Connect); all three or none.
OIDC_ISSUER = ""
OIDC_CLIENT_ID = ""
OIDC_CLIENT_SECRET = ""

# Whom people ask about their data and about this installation: a mail address, a web address, or a few words.
CONTACT = ""

# Named in the privacy notice: who answers for the data, name and postal address.
OPERATOR = ""
# Named there: whom people ask about their data; CONTACT when empty.
DATA_PROTECTION_CONTACT = ""
# Named there: where the data is kept, and by whom.
HOSTED_BY = ""
# What makes it lawful: contract, legal-obligation, public-task, legitimate-interest or consent.
LEGAL_BASIS = ""
# Named there: the authority that receives complaints.
AUTHORITY = ""

# Where files are kept: a folder (storage/ in VAR_DIR when empty) or s3://KEY:SECRET@host:port/bucket?region=…&https=…
STORAGE_URL = ""

# The largest file that members may bring, in bytes; a community may set less.
FILE_LIMIT = 25_000_000

# How many bytes of files one community may keep; a community may set less.
STORAGE_LIMIT = 2_000_000_000

# How many days the evidence of sent grades stays, without a name, after somebody was erased.
GRADE_EVIDENCE_DAYS = 365

# How the log is written: json, a line for each event, or text for people to read.
LOG_FORMAT = "json"

# How many reverse proxies in front of the tool are trusted to tell the client's address and scheme.
TRUSTED_PROXIES = 0

# The largest request that is read at all, in bytes.
MAX_CONTENT_LENGTH = 2_000_000
MAX_FORM_MEMORY_SIZE = 2_000_000
