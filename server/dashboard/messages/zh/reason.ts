import type { TranslatedArea } from "../area.js";
import type { reason as english } from "../en/reason.js";

export const reason: TranslatedArea<typeof english> = {
  personKeepsLampOn: "有人让灯保持打开",
  personKeepsLampOff: "有人让灯保持关闭",
  personKeepsZoneOn: "有人让区域保持打开",
  personKeepsZoneOff: "有人让区域保持关闭",
  boardAlone: "开发板自行决定：它无法连接服务器",
  boardReportsOn: "开发板报告它的灯亮着",
  boardReportsOff: "开发板报告它的灯关着",
  boardReportedOn: "开发板后来报告，它的灯当时亮着",
  boardReportedOff: "开发板后来报告，它的灯当时关着",
  inZone: "区域 {zone}：{reason}",

  light: "亮度 {light}",
  median: { other: "{count} 个传感器的中位数 {light}" },
  darkest: { other: "{count} 个传感器中最暗的 {light}" },
  brightest: { other: "{count} 个传感器中最亮的 {light}" },
  darkestNumber: { other: "{count} 个传感器中第 {number} 暗的 {light}" },
  below: "{light} < {limit}",
  belowButOff: "{light} < {limit}，但至少关闭 {duration}",
  above: "{light} ≥ {limit}",
  belowUpper: "{light} < 关灯阈值 {limit}",
  aboveButOn: "{light} ≥ {limit}，但至少打开 {duration}",
  staleLeftOut: { other: "{reason}；忽略 {count} 个过期的传感器" },

  onOutside: "在 {from} 至 {to} 之外打开（{timeZone}）",
  offOutside: "在 {from} 至 {to} 之外关闭（{timeZone}）",
  noSensor: { other: "没有传感器报告，{count} 个已过期；保持现状" },
  tooFewSensors: { other: "需要 {needed} 个传感器，只有 {reporting} 个报告，{count} 个已过期；保持现状" },
};
