import { dirname, extname, join } from "node:path"
import { fileURLToPath } from "node:url"

/** The project's folder: three levels above this file, in the sources as in the compiled output. */
export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** The file that runs as a program: `exporters/main` is `exporters/main.ts` here, or `.js` once compiled. */
export const entryPoint = (name: string) => join(projectRoot, name + extname(import.meta.url))

/** How Node runs one of our programs: through tsx if it is TypeScript. */
export function nodeCommand(program: string, args: readonly string[] = []): { file: string; args: string[] } {
	// Resolved here, because `--import tsx` alone is looked up from the working directory.
	const loader = extname(program) === ".ts" ? ["--import", import.meta.resolve("tsx")] : []
	return { file: process.execPath, args: [...loader, program, ...args] }
}
