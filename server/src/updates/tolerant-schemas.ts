/** Schemas for stored data that an earlier or a later version may have written. */
import { z } from "zod";

/** A value that is missing in data of earlier versions. Ignores an invalid value. */
export const optional = <T extends z.ZodType>(type: T) => type.optional().catch(undefined);

/** A list without the elements that this version does not understand. */
export const tolerantList = <T extends z.ZodType>(type: T) =>
  z.array(z.unknown()).transform((values) => values.flatMap((value) => type.safeParse(value).data ?? []));
