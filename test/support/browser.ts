import { type Browser, chromium } from "playwright-core"
import { CHROMIUM_ARGS, findChromium } from "../../grafana/verify/chromium.ts"

const executablePath = findChromium(process.env.CHROMIUM_PATH)

/** Tests in a browser may only be left out on a person's machine, never in CI. */
export const withoutBrowser = executablePath === undefined && !process.env.CI

export function startBrowser(): Promise<Browser> {
	if (executablePath === undefined)
		throw new Error("Chromium is not installed: apt-get install chromium, or set CHROMIUM_PATH")
	return chromium.launch({ executablePath, headless: true, args: [...CHROMIUM_ARGS] })
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
