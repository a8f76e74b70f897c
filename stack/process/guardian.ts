import { spawn } from "node:child_process"
import { openSync } from "node:fs"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { addLine, type Charge, dropLine } from "./guardian-protocol.ts"
import { entryPoint, nodeCommand } from "./node-command.ts"

/** The small process that ends what the runner started, if the runner cannot do so itself. */
export interface Guardian {
	readonly pid: number
	watch(charge: Charge): void
	forget(leader: number): void
	/** Lets it go; it ends by itself once nothing is left to guard. */
	release(): Promise<void>
}

/** Starts the guardian in a session of its own, so that no signal meant for the runner reaches it. */
export async function startGuardian(logFile: string): Promise<Guardian> {
	const { file, args } = nodeCommand(entryPoint("stack/guardian/main"))
	const log = openSync(logFile, "a")
	const child = spawn(file, args, { detached: true, stdio: ["pipe", log, log], cwd: "/" })
	await new Promise<void>((resolve, reject) => {
		child.once("spawn", resolve)
		child.once("error", reject)
	})
	const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()))
	const { stdin } = child
	if (stdin === null) throw new ObservatoryError("internal", "The guardian has no standard input")
	// A guardian that died is missed only if the runner is killed as well; the next start cleans up then.
	stdin.on("error", () => undefined)
	child.unref()
	return {
		pid: child.pid ?? 0,
		watch: (charge) => void stdin.write(addLine(charge)),
		forget: (leader) => void stdin.write(dropLine(leader)),
		async release() {
			stdin.end()
			child.ref()
			await ended
		},
	}
}
