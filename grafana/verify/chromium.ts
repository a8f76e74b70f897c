import { existsSync } from "node:fs"
import type { Browser } from "playwright-core"
import { ObservatoryError } from "../../core/lib/errors.ts"

const INSTALLED = [
	"/usr/bin/chromium",
	"/usr/bin/chromium-browser",
	"/usr/bin/google-chrome",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
]

/** For a browser without a screen, also as root, that asks its maker for nothing. */
export const CHROMIUM_ARGS: readonly string[] = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
]

/** The browser's program: `named` (CHROMIUM_PATH), or where systems install it. */
export const findChromium = (named: string | undefined): string | undefined =>
	[named, ...INSTALLED].find((path) => path !== undefined && path !== "" && existsSync(path))

/**
 * Starts a browser that reaches the named host and no other, because it sends a credential with every request.
 * Playwright is loaded here: it is a tool of development, which an installation without them lacks.
 *
 * @throws ObservatoryError `dependency_missing`
 */
export async function startChromium(file: string | undefined, host: string): Promise<Browser> {
	if (file === undefined) {
		throw new ObservatoryError("dependency_missing", "Chromium is not installed", {
			advice: "Install it (apt-get install chromium), set CHROMIUM_PATH, or check without a browser: --queries.",
		})
	}
	const playwright = await import("playwright-core").catch((cause: unknown) => {
		throw new ObservatoryError("dependency_missing", "playwright-core is not installed", {
			advice: "Run npm ci with the development dependencies, or check without a browser: --queries.",
			cause,
		})
	})
	return playwright.chromium.launch({
		executablePath: file,
		headless: true,
		args: [...CHROMIUM_ARGS, `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${host}`],
	})
}
