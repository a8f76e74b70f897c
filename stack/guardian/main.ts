import { endGroup } from "../process/groups.ts"
import { chargesAfter } from "../process/guardian-protocol.ts"

// This process outlives the runner on purpose: its standard input is a pipe from the runner, and when that pipe
// closes, however the runner ended, it ends every process group that the runner had started and not yet reaped.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined)

let said = ""
process.stdin.setEncoding("utf8")
process.stdin.on("data", (chunk: string) => {
	said += chunk
})
process.stdin.on("close", async () => {
	const charges = chargesAfter(said).reverse()
	await Promise.all(charges.map(({ leader, signal, graceMs }) => endGroup(leader, signal, graceMs)))
	process.exit(0)
})
