import { readFileSync } from "node:fs"
import { shippedFile } from "./files.ts"

/** The release that runs. */
export const version = (): string => JSON.parse(readFileSync(shippedFile("package.json"), "utf8")).version
