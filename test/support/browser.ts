import { existsSync } from "node:fs"
import { type Browser, chromium } from "playwright-core"

const CANDIDATES = [
	process.env.CHROMIUM_PATH,
	"/usr/bin/chromium",
	"/usr/bin/chromium-browser",
	"/usr/bin/google-chrome",
]
const executablePath = CANDIDATES.find((path) => path !== undefined && existsSync(path))

/** Tests in a browser may only be left out on a person's machine, never in CI. */
export const withoutBrowser = executablePath === undefined && !process.env.CI

export function startBrowser(): Promise<Browser> {
	if (executablePath === undefined)
		throw new Error("Chromium is not installed: apt-get install chromium, or set CHROMIUM_PATH")
	return chromium.launch({
		executablePath,
		headless: true,
		args: [
			"--no-sandbox",
			"--disable-gpu",
			"--disable-quic",
			"--no-first-run",
			"--disable-background-networking",
			"--disable-component-update",
			"--disable-sync",
		],
	})
}

/** What a browser does without a time limit of its own fails after a minute, by its name. */
export async function inTime<T>(what: string, work: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error(`${what} took over a minute`)), 60_000)
	})
	try {
		return await Promise.race([work, late])
	} finally {
		clearTimeout(timer)
	}
}
