import { expect, it } from "vitest"
import { ObservatoryError } from "../lib/errors.ts"
import { databaseError } from "./database-error.ts"

const thrown = (code: string | undefined, message: string) => Object.assign(new Error(message), code ? { code } : {})

it.each([
	["ENOENT", "connect ENOENT /run/x/.s.PGSQL.5432", "no socket at /run/x/.s.PGSQL.5432", "unix_socket_directories"],
	["ENOTFOUND", "getaddrinfo ENOTFOUND nowhere", "host name", "Correct the host"],
	["ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:1", "cannot be reached", "host and port"],
	["DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate", "certificate is not trusted", "sslrootcert=FILE"],
	["ERR_TLS_CERT_ALTNAME_INVALID", "Hostname/IP does not match", "another host name", "sslmode=no-verify"],
	[undefined, "The server does not support SSL connections", "does not offer TLS", "Remove sslmode"],
	[
		"28000",
		'no pg_hba.conf entry for host "1.2.3.4", user "a", database "b", no encryption',
		"demands TLS",
		"sslmode=",
	],
	["28000", 'no pg_hba.conf entry for host "1.2.3.4", user "a", database "b", SSL on', "from this host", "pg_hba.conf"],
	["28000", 'role "a" is not permitted to log in', "may not log in", "alter role"],
	["28P01", 'password authentication failed for user "a"', "the user or the password", "Correct the user"],
	[undefined, "SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string", "asks for a password", "Add it"],
	["3D000", 'database "b" does not exist', "does not exist", "createdb"],
	["53300", "sorry, too many clients already", "no connection left", "max_connections"],
	["53200", "out of memory", "no memory left", "work_mem"],
	["53200", "out of shared memory", "no shared memory left", "max_locks_per_transaction"],
	["53100", "could not extend file: No space left on device", "disk is full", "Free space"],
	["53100", 'could not write to file "pg_wal/xlogtemp.7": No space left on device', "disk is full", "Free space"],
	["58030", 'could not write to file "base/5/1": No space left on device', "disk is full", "Free space"],
	["XX000", 'could not extend file "base/5/1": Disk quota exceeded', "disk is full", "Free space"],
	["58030", "could not extend file: Input/output error", "cannot read or write its files", "damaged"],
	[
		"53100",
		'could not resize shared memory segment "/PostgreSQL.1" to 8 bytes: No space left on device',
		"no room for shared memory",
		"shm_size",
	],
	["53400", "temporary file size exceeds temp_file_limit (1024kB)", "temp_file_limit allows", "work_mem"],
	["53400", "all replication slots are in use", "a limit in PostgreSQL's configuration", "Raise it"],
	["53000", 'could not open file "base/5/1": Too many open files', "may open no more files", "LimitNOFILE"],
	["57P03", "the database system is starting up", "is starting", "Wait"],
	["57P01", "terminating connection due to administrator command", "is stopping", "Wait"],
	[
		"08P01",
		"unsupported startup parameter: options",
		"does not accept the parameter options",
		"ignore_startup_parameters",
	],
	["08P01", "no more connections allowed (max_client_conn)", "the pooler has no connection", "default_pool_size"],
	["55P03", "canceling statement due to lock timeout", "another session has locked", "pg_locks"],
	["57014", "canceling statement due to statement timeout", "did not get it done in time", "overloaded"],
	["40001", "could not serialize access", "in favour of another", "Ask again"],
	["22P02", 'invalid input syntax for type bigint: "x"', "cannot make", "Correct the row"],
	["XX001", "invalid page in block 3", "cannot read or write its files", "damaged"],
	["25006", "cannot execute INSERT in a read-only transaction", "can only be read", "primary"],
	[undefined, "Connection terminated unexpectedly", "cannot be reached", "host and port"],
] as const)("%s %s: %s", (code, message, says, advice) => {
	const error = databaseError(thrown(code, message), "Reading")
	expect(error).toBeInstanceOf(ObservatoryError)
	expect(error).toMatchObject({
		message: expect.stringMatching(/^Reading: /),
		advice: expect.stringContaining(advice),
	})
	expect(error).toMatchObject({ message: expect.stringContaining(says) })
})

it("leaves an error that it does not know, or that was explained before, as it is", () => {
	const unknown = thrown("P0001", "raised by a function")
	expect(databaseError(unknown, "Reading")).toBe(unknown)
	const explained = new ObservatoryError("conflict", "no")
	expect(databaseError(explained, "Reading")).toBe(explained)
})
