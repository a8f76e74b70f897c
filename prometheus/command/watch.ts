import { watchFile } from "node:fs"

/** How often the files are looked at; polling also sees editors that replace a file instead of writing it. */
const INTERVAL_MS = 500

/** Does the work now and after each change of one of the files, never twice at a time, until the process is interrupted. */
export async function watch(files: readonly string[], work: () => Promise<unknown>): Promise<void> {
	let running = false
	let again = false
	const go = async () => {
		again = running
		if (running) return
		running = true
		do {
			again = false
			await work()
		} while (again)
		running = false
	}
	for (const file of files) watchFile(file, { interval: INTERVAL_MS }, () => void go())
	await go()
}
