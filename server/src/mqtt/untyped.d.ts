/** Types of the part of qlobber that this broker uses. The package contains no types. */
declare module "qlobber" {
  interface Options {
    readonly separator: string;
    readonly wildcard_one: string;
    readonly wildcard_some: string;
    readonly match_empty_levels: boolean;
  }

  export class Qlobber<T> {
    constructor(options: Options);
    add(filter: string, value: T): this;
    /** Removes a value that was added with this filter. Does nothing if there is none. */
    remove(filter: string, value: T): this;
    /** @throws Error for a topic of more than 100 levels */
    match(topic: string): T[];
  }
}
