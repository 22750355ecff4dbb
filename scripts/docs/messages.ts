/** Reads the message definitions in `contract/` together with their doc comments, which become descriptions. */
import path from "node:path";
import ts from "typescript";
import * as contract from "../../contract/index.js";
import type { Field, Fields } from "../../contract/index.js";
import { ROOT } from "../lib/repository.js";

type Contract = typeof contract;

/** The name of a message's constant in `contract/`, such as `LAMP_COMMAND`. */
export type MessageName = { [K in keyof Contract]: Contract[K] extends Fields ? K : never }[keyof Contract];

/** A message as the generated docs describe it. */
export interface MessageDoc {
  readonly constant: MessageName;
  /** The message's name in the AsyncAPI document and the tables, such as `LampCommand`. */
  readonly name: string;
  /** The message's name in the name of its schema file, such as `lamp-command`. */
  readonly file: string;
  readonly description: string;
  readonly fields: readonly FieldDoc[];
}

export interface FieldDoc {
  readonly name: string;
  readonly field: Field;
  /** The text of the field's doc comment; empty when the field has none. */
  readonly description: string;
  /** The value that a board uses when the field is missing; undefined when the field has no default. */
  readonly default: string | number | undefined;
}

/** The source files with message definitions. */
const MESSAGE_FILES = ["contract/messages.ts", "contract/apps.ts"];

/** Returns every message of the contract, in source order. */
export function readMessages(): MessageDoc[] {
  const defaults = { ...contract.LESSON_RULE, ...contract.DEFAULT_CADENCE, ...readFirmwareDefaults() };
  const statements = MESSAGE_FILES.flatMap((file) => [...parseSource(file).statements]);
  return statements.flatMap((statement) => {
    if (!ts.isVariableStatement(statement) || !isExported(statement)) return [];
    const { name, initializer } = statement.declarationList.declarations[0];
    const table = initializer && ts.isAsExpression(initializer) && initializer.expression;
    if (!table || !ts.isObjectLiteralExpression(table)) throw new Error(`${name.getText()} is not a table of fields`);
    const constant = name.getText() as MessageName;
    const words = constant.toLowerCase().split("_");
    const fields = table.properties.map((property): FieldDoc => {
      const name = property.name!.getText();
      return {
        name,
        field: (contract[constant] as Fields)[name],
        description: commentOf(property),
        default: constant === "CONFIG" ? defaults[name as keyof typeof defaults] : undefined,
      };
    });
    return {
      constant,
      name: words.map((word) => word[0].toUpperCase() + word.slice(1)).join(""),
      file: words.join("-"),
      description: commentOf(statement),
      fields,
    };
  });
}

/** Reads the firmware's defaults, by field, from its source: Node cannot run firmware code. */
function readFirmwareDefaults(): Record<string, string | number> {
  const found: Record<string, string | number> = {};
  const visitNode = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && ts.isStringLiteral(node.initializer))
      found[node.name.getText()] = node.initializer.text;
    else if (ts.isPropertyAssignment(node) && ts.isNumericLiteral(node.initializer))
      found[node.name.getText()] = Number(node.initializer.text);
    else ts.forEachChild(node, visitNode);
  };
  const { statements } = parseSource("src/parameters.ts");
  const where = statements.find((node) => ts.isFunctionDeclaration(node) && node.name?.text === "defaultParameters");
  if (!where)
    throw new Error("src/parameters.ts has no function defaultParameters() for the docs to read defaults from");
  visitNode(where);
  return found;
}

function parseSource(file: string): ts.SourceFile {
  const text = ts.sys.readFile(path.join(ROOT, file));
  if (text === undefined) throw new Error(`${file} cannot be read`);
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}

function isExported(statement: ts.VariableStatement): boolean {
  return statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

/** Returns the text of a node's doc comment on one line. */
function commentOf(node: ts.Node): string {
  const comment = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc);
  return (ts.getTextOfJSDocComment(comment?.comment) ?? "").replace(/\s+/g, " ");
}
