import { readFileSync } from "node:fs"
import { shippedFile } from "./files.ts"

/** The version of this release. */
export const version = (): string => JSON.parse(readFileSync(shippedFile("package.json"), "utf8")).version
