import { createHash } from "node:crypto"
import { createReadStream, createWriteStream, renameSync, rmSync, statSync } from "node:fs"
import { Readable, Transform } from "node:stream"
import { pipeline } from "node:stream/promises"
import type { ReadableStream } from "node:stream/web"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"

/** A file to download. */
export interface Download {
	readonly url: string
	/** The expected checksum, in hexadecimal digits. */
	readonly sha256: string
	/** Where it is kept; a partial file is beside it until it is complete. */
	readonly file: string
	/** For people. */
	readonly title: string
}

export interface DownloadOptions {
	readonly report: (progress: string) => void
	readonly signal: AbortSignal
	/** A connection that sends nothing for this long ends, and the download retries. */
	readonly stallMs?: number
	/** Before another attempt. */
	readonly pauseMs?: number
}

const ATTEMPTS = 3

/**
 * Downloads a file and checks it. A partial file of an interrupted run or connection is continued where the server
 * allows it. A file with another checksum is removed.
 *
 * @throws ObservatoryError `source_unreachable` without an answer, `source_rejected` for a status such as 404,
 *   `source_malformed` for a wrong checksum, `unavailable` for a full disk
 */
export async function download(wanted: Download, options: DownloadOptions): Promise<void> {
	const { signal, report, pauseMs = 1_000 } = options
	if (await matches(wanted.file, wanted.sha256)) return
	const part = partOf(wanted)
	for (let attempt = 1; ; attempt++) {
		const before = sizeOf(part)
		try {
			await fetchOnce(wanted, options)
			return
		} catch (error) {
			signal.throwIfAborted()
			const full = (error as NodeJS.ErrnoException).code === "ENOSPC"
			const worthAnother = attempt < ATTEMPTS && sizeOf(part) !== before && !full
			if (error instanceof ObservatoryError || !worthAnother) throw explained(wanted, error)
			report(`${wanted.title}: ${messageOf(error)}; retrying`)
			await new Promise((resolve) => setTimeout(resolve, pauseMs))
		}
	}
}

/** One attempt. Another attempt may help against an error that is not an ObservatoryError. */
async function fetchOnce(wanted: Download, options: DownloadOptions): Promise<void> {
	const part = partOf(wanted)
	const continued = await receive(wanted, part, sizeOf(part), options)
	if (await matches(part, wanted.sha256)) return renameSync(part, wanted.file)
	rmSync(part, { force: true })
	// The beginning may have been of another file.
	if (continued) throw new Error("the continued file has another checksum")
	throw new ObservatoryError(
		"source_malformed",
		`${wanted.url} is not the file that was expected: its SHA-256 differs`,
		{
			advice:
				"It is removed, nothing of it was run. Try again later, or from another mirror (DOWNLOAD_MIRROR). If it stays so, report it.",
		},
	)
}

/** Receives the rest of the file behind its first `from` bytes; true when it did continue there. */
async function receive(wanted: Download, part: string, from: number, options: DownloadOptions): Promise<boolean> {
	const stalled = new AbortController()
	const watch = setTimeout(() => stalled.abort(new Error("nothing arrives")), options.stallMs ?? 30_000)
	try {
		const signal = AbortSignal.any([options.signal, stalled.signal])
		const response = await fetch(wanted.url, { signal, headers: from > 0 ? { range: `bytes=${from}-` } : {} })
		// The partial file is complete already, or longer than the file.
		if (response.status === 416) return true
		if (!response.ok || response.body === null)
			throw new ObservatoryError("source_rejected", `${wanted.url} answers ${response.status}`)
		const continued = response.status === 206 && rangeStartsAt(response, from)
		if (response.status === 206 && !continued) throw new Error("another part of the file was sent")
		let received = continued ? from : 0
		const total = received + Number(response.headers.get("content-length") ?? Number.NaN)
		let said = 0
		const count = new Transform({
			transform(chunk: Buffer, _encoding, done) {
				watch.refresh()
				received += chunk.length
				if (Date.now() - said > 500) {
					said = Date.now()
					options.report(`${wanted.title}: ${megabytes(received)}${total > 0 ? ` of ${megabytes(total)}` : ""} MB`)
				}
				done(null, chunk)
			},
		})
		const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>)
		await pipeline(body, count, createWriteStream(part, { flags: continued ? "a" : "w" }), { signal })
		return continued
	} finally {
		clearTimeout(watch)
	}
}

const rangeStartsAt = (response: Response, from: number): boolean =>
	Number(/^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] ?? Number.NaN) === from

const partOf = ({ file }: Download) => `${file}.part`

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/** Whether a file is there and has the checksum. */
export async function matches(file: string, sha256: string): Promise<boolean> {
	if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return false
	const hash = createHash("sha256")
	await pipeline(createReadStream(file), hash)
	return hash.digest("hex") === sha256
}

function explained(wanted: Download, error: unknown): ObservatoryError {
	if (error instanceof ObservatoryError) return error
	if ((error as NodeJS.ErrnoException).code === "ENOSPC")
		return new ObservatoryError("unavailable", `There is no space for ${wanted.title} on the disk of ${wanted.file}`, {
			advice: "Free about 1 GB, then run npm start -- --install again; it continues where it stopped.",
			cause: error,
		})
	return new ObservatoryError("source_unreachable", `${wanted.url} cannot be fetched`, { cause: error })
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1)
