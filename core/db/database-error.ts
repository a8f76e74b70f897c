import { type ErrorCode, messageOf, ObservatoryError } from "../lib/errors.ts"
import { shortageBefore } from "./shortage.ts"

/** What the driver says when an answer has not come in time. */
export const READ_TIMEOUT = "Query read timeout"

/** A cause of a database's error: how it shows, and what a person can do. */
interface Cause {
	/** The SQLSTATE, or the code of the socket or of TLS. */
	readonly code?: RegExp
	readonly message?: RegExp
	readonly as: ErrorCode
	/** Follows "WHAT: "; `$1` is the message's first group. */
	readonly says: string
	readonly advice: string
}

const TLS_CERTIFICATE = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_\w+)$/

const DISK_FULL = "PostgreSQL's disk is full"
const FREE_SPACE =
	"Free space on the disk of its data directory, then start it again if it has ended. A pg_wal that grows waits for a replication slot or for archive_command."

/** The first one that fits counts. */
const CAUSES: readonly Cause[] = [
	{
		code: /^(ENOTFOUND|EAI_AGAIN)$/,
		as: "database_unreachable",
		says: "the host name of PostgreSQL is not known",
		advice: "Correct the host in the connection string, or try again when the name server answers.",
	},
	{
		code: /^(ENOENT|EACCES|ENOTSOCK)$/,
		message: /connect \w+ (\S+)/,
		as: "database_unreachable",
		says: "PostgreSQL has no socket at $1 that this user may use",
		advice: "Check that it runs, and that host= in the connection string is the folder of its unix_socket_directories.",
	},
	{
		code: TLS_CERTIFICATE,
		as: "database_unreachable",
		says: "PostgreSQL's certificate is not trusted",
		advice:
			"Add sslmode=verify-full&sslrootcert=FILE with its authority to the connection string, or sslmode=no-verify to encrypt without a check.",
	},
	{
		code: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
		as: "database_unreachable",
		says: "PostgreSQL's certificate is for another host name",
		advice:
			"Use the host name of the certificate in the connection string, or sslmode=no-verify to encrypt without a check.",
	},
	{
		message: /server does not support SSL/i,
		as: "database_unreachable",
		says: "PostgreSQL does not offer TLS, which the connection string asks for",
		advice: "Remove sslmode from the connection string, or switch ssl on in the server's configuration.",
	},
	{
		code: /^28000$/,
		message: /no encryption|SSL off|SSL required|SSL\/TLS required/i,
		as: "database_forbidden",
		says: "PostgreSQL demands TLS",
		advice:
			"Add sslmode=verify-full&sslrootcert=FILE to the connection string, or sslmode=no-verify to encrypt without a check.",
	},
	{
		code: /^28000$/,
		message: /pg_hba\.conf/,
		as: "database_forbidden",
		says: "PostgreSQL does not let this user in from this host",
		advice: "Let its administrator add a line for the user, database and address to pg_hba.conf.",
	},
	{
		code: /^28000$/,
		message: /not permitted to log in/,
		as: "database_forbidden",
		says: "the role may not log in",
		advice:
			"Let the database's administrator run: alter role NAME login; or use another user in the connection string.",
	},
	{
		message: /client password must be a string|no password supplied/i,
		as: "database_forbidden",
		says: "PostgreSQL asks for a password, and the connection string has none",
		advice: "Add it: postgres://USER:PASSWORD@HOST:PORT/DATABASE.",
	},
	{
		code: /^28/,
		as: "database_forbidden",
		says: "PostgreSQL refused the user or the password",
		advice: "Correct the user name and password in the connection string.",
	},
	{
		code: /^3D000$/,
		as: "database_unreachable",
		says: "the database does not exist",
		advice: "Create it (createdb NAME) or correct the name at the end of the connection string.",
	},
	{
		code: /^42501$/,
		as: "database_forbidden",
		says: "the user lacks a right",
		advice: "Grant what is missing; for our own tables the user needs CREATE on the database.",
	},
	{
		code: /^(42P01|42703|3F000|42883|42804)$/,
		as: "database_wrong_schema",
		says: "a table, view or column is missing or of another type",
		advice: "Run `npm run doctor`: it names what is missing and how to get it.",
	},
	{
		code: /^(22P02|22003|22007|22008|22012|2201\w)$/,
		as: "database_wrong_schema",
		says: "a view computes a value that PostgreSQL cannot make",
		advice: "The message names the value. Correct the row, or let the view make null of it.",
	},
	{
		code: /^42P16$/,
		as: "database_wrong_schema",
		says: "a view has other columns and cannot be changed where it is",
		advice: "Let the owner of the views run: npm run --silent doctor -- --sql | psql DATABASE",
	},
	{
		code: /^2BP01$/,
		as: "conflict",
		says: "something else depends on what has to change",
		advice:
			"The message names it. Save its definition, drop it, do this again, then create it again. Views in schema contract: drop schema contract cascade; the exporters make them again within a minute.",
	},
	{
		code: /^0A000$/,
		message: /used by a view/,
		as: "conflict",
		says: "something else depends on what has to change",
		advice:
			"The message names it. Save its definition, drop it, do this again, then create it again. Views in schema contract: drop schema contract cascade; the exporters make them again within a minute.",
	},
	{
		code: /^(42P07|42809|42710)$/,
		as: "conflict",
		says: "something else has that name",
		advice: "The message names it. Rename it or drop it, then do this again.",
	},
	{
		code: /^25006$/,
		as: "database_unreachable",
		says: "the database can only be read",
		advice:
			"It may be a standby, or default_transaction_read_only is on. Point DATABASE_URL at the primary, or switch that off; then repeat this.",
	},
	{
		message: /shared memory segment .*(No space left on device|Disk quota exceeded)/,
		as: "unavailable",
		says: "PostgreSQL has no room for shared memory",
		advice: "Give its container more of /dev/shm (shm_size), or set max_parallel_workers_per_gather to 0.",
	},
	{
		code: /^53100$/,
		as: "database_unreachable",
		says: DISK_FULL,
		advice: FREE_SPACE,
	},
	{
		// Some files report it as an internal error or one of input and output.
		message: /No space left on device|Disk quota exceeded/,
		as: "database_unreachable",
		says: DISK_FULL,
		advice: FREE_SPACE,
	},
	{
		code: /^53200$/,
		message: /out of shared memory/,
		as: "database_unreachable",
		says: "PostgreSQL has no shared memory left",
		advice: "Raise max_locks_per_transaction, or let fewer tables be used in one transaction; restart PostgreSQL.",
	},
	{
		code: /^53200$/,
		as: "database_unreachable",
		says: "PostgreSQL has no memory left",
		advice: "Free memory on its host, or lower work_mem, shared_buffers or max_connections.",
	},
	{
		code: /^53400$/,
		message: /temp_file_limit/,
		as: "unavailable",
		says: "a query needs more temporary files than temp_file_limit allows",
		advice: "Raise temp_file_limit for the role, or work_mem, so that less of the query goes to files.",
	},
	{
		code: /^53400$/,
		as: "unavailable",
		says: "a limit in PostgreSQL's configuration is reached",
		advice: "The message names the limit. Raise it, then reload or restart PostgreSQL.",
	},
	{
		code: /^53000$/,
		message: /open files|file descriptors/i,
		as: "database_unreachable",
		says: "PostgreSQL may open no more files",
		advice: "Raise the limit of open files of its process (LimitNOFILE, ulimit -n), or lower max_files_per_process.",
	},
	{
		code: /^(53300|08004)$/,
		as: "database_unreachable",
		says: "PostgreSQL has no connection left",
		advice:
			"End idle connections (pg_stat_activity shows them), or raise max_connections or the role's connection limit.",
	},
	{
		code: /^08P01$/,
		message: /unsupported startup parameter[^:]*: (\S+)/,
		as: "database_unreachable",
		says: "the pooler does not accept the parameter $1",
		advice: "Add it to ignore_startup_parameters in the pooler's configuration.",
	},
	{
		code: /^08P01$/,
		message: /max_client_conn|query_wait_timeout|no more connections/,
		as: "database_unreachable",
		says: "the pooler has no connection left",
		advice: "Raise max_client_conn or default_pool_size in the pooler's configuration.",
	},
	{
		code: /^57P03$/,
		message: /starting up|recovery/,
		as: "database_unreachable",
		says: "PostgreSQL is starting",
		advice: "Wait until it is ready; its log says what it does.",
	},
	{
		code: /^57P0[12]$/,
		as: "database_unreachable",
		says: "PostgreSQL is stopping, or an administrator ended the connection",
		advice: "Wait until it is back; its log says why.",
	},
	{
		code: /^(58\d\w\w|XX\w\w\w)$/,
		as: "database_unreachable",
		says: "PostgreSQL cannot read or write its files",
		advice: "See its log; the disk or the data on it may be damaged.",
	},
	{
		code: /^(08|57P|53)/,
		as: "database_unreachable",
		says: "PostgreSQL is not accepting work",
		advice: "It may be starting, stopping or out of connections; see its log.",
	},
	{
		code: /^55P03$/,
		as: "unavailable",
		says: "another session has locked what is needed",
		advice: "pg_stat_activity and pg_locks show which. Ask again later.",
	},
	{
		code: /^(40P01|40001)$/,
		as: "unavailable",
		says: "PostgreSQL ended it in favour of another transaction",
		advice: "Ask again.",
	},
	{
		code: /^(57014|25P0[34])$/,
		as: "unavailable",
		says: "PostgreSQL did not get it done in time",
		advice: "It is overloaded, or another session holds a lock; pg_stat_activity shows which. Ask again later.",
	},
	{
		code: /^(ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ECONNRESET|ECONNABORTED|EPIPE)$/,
		as: "database_unreachable",
		says: "PostgreSQL cannot be reached",
		advice: "Check that it runs and that the host and port of the connection string are right.",
	},
	{
		// What the driver itself says about its connection carries no code.
		message: new RegExp(
			`^(timeout exceeded when trying to connect|Connection terminated|Client (has encountered a connection error|was closed)|${READ_TIMEOUT})`,
		),
		as: "database_unreachable",
		says: "PostgreSQL cannot be reached",
		advice: "Check that it runs and that the host and port of the connection string are right.",
	},
]

/**
 * An error of PostgreSQL, of a pooler, of TLS or of the connection, turned into what a person can act on. Anything else is
 * returned as it is, an error that has been explained already among it: of two databases it names the one that failed.
 */
export function databaseError(error: unknown, what: string): unknown {
	if (error instanceof ObservatoryError) return error
	const root = rootCause(error)
	const cause = causeOf(root)
	if (cause === undefined) return error
	const before = shortageBefore(error)
	const shortage = before && causeOf(before)
	if (shortage === undefined)
		return new ObservatoryError(cause.as, `${what}: ${cause.says}`, { advice: cause.advice, cause: error })
	const said = `${what}: ${cause.says}; its last error was: ${shortage.says} (${messageOf(before)})`
	return new ObservatoryError(cause.as, said, { advice: shortage.advice, cause: error })
}

/** The cause of the driver's error, with the message's first group in its text. */
function causeOf(root: object): Pick<Cause, "as" | "says" | "advice"> | undefined {
	const code = "code" in root && typeof root.code === "string" ? root.code : ""
	const text = messageOf(root)
	for (const { code: codes, message, as, says, advice } of CAUSES) {
		if (codes !== undefined && !codes.test(code)) continue
		const found = message?.exec(text)
		if (found === null) continue
		return { as, says: says.replace("$1", found?.[1] ?? ""), advice }
	}
	return undefined
}

/** Drizzle wraps the driver's error; the SQLSTATE is on the innermost one. */
function rootCause(error: unknown): object {
	let current = error
	while (current instanceof Error && current.cause instanceof Error) current = current.cause
	if (current instanceof AggregateError && current.errors[0] instanceof Error) return current.errors[0]
	return typeof current === "object" && current !== null ? current : {}
}
