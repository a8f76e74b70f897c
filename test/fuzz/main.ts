import { readArguments, requireWords, runCommand, usageError } from "../../core/lib/arguments.ts"
import { fuzz } from "./run.ts"

const USAGE = `npm run fuzz -- [--count N] [--seed N]

Sends mutated OTLP requests of all three signals, in JSON and in protobuf, to a real receiver, and watches its answers
and its pages: no exit, no 5xx, no NaN and no Inf, and the same answer in both encodings.

  --count N   requests to send (200000)
  --seed N    begins elsewhere; the same seed sends the same requests (the time)
  --help      this text`

await runCommand(main)

async function main(): Promise<number> {
	const options = {
		count: { type: "string", default: "200000" },
		seed: { type: "string", default: String(Date.now() % 1_000_000) },
		help: { type: "boolean", short: "h" },
	} as const
	const { values, positionals } = readArguments({ options, allowPositionals: true }, USAGE)
	if (values.help) {
		process.stdout.write(`${USAGE}\n`)
		return 0
	}
	requireWords(positionals, 0, USAGE)
	const [count, seed] = [whole("--count", values.count), whole("--seed", values.seed)]
	const startedAt = performance.now()
	const seconds = () => Math.round((performance.now() - startedAt) / 1000)
	process.stdout.write(`${count} requests, --seed ${seed}\n`)
	const { sent, statuses, rejected, faults } = await fuzz({
		count,
		seed,
		onProgress: (done, found) => void process.stdout.write(`${seconds()} s: ${done} of ${count}, ${found} faults\n`),
	})
	const answers = [...statuses].sort(([a], [b]) => a - b).map(([status, n]) => `${status}: ${n}`)
	process.stdout.write(`${seconds()} s: ${sent} requests (${answers.join(", ")}), ${rejected} records refused\n`)
	for (const fault of faults) process.stdout.write(`fault: ${fault}\n`)
	process.stdout.write(faults.length === 0 ? "no faults\n" : `${faults.length} faults\n`)
	return faults.length === 0 ? 0 : 1
}

function whole(option: string, text: string): number {
	if (!/^\d{1,9}$/.test(text)) throw usageError(`"${text}" is no number for ${option}`, USAGE)
	return Number(text)
}
