import { endGroup } from "../process/groups.ts"
import { ProcessGroups } from "../process/reaper-protocol.ts"

// This process outlives the runner on purpose: its standard input is a pipe from the runner, and when that pipe
// closes, however the runner ended, it ends every process group that the runner had started and not yet reaped.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined)

const groups = new ProcessGroups()
process.stdin.setEncoding("utf8")
process.stdin.on("data", (chunk: string) => groups.read(chunk))
process.stdin.on("close", async () => {
	const left = groups.list().reverse()
	await Promise.all(left.map(({ leader, signal, graceMs }) => endGroup(leader, signal, graceMs)))
	process.exit(0)
})
