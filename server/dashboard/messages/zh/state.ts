import type { TranslatedArea } from "../area.js";
import type { state as english } from "../en/state.js";

export const state: TranslatedArea<typeof english> = {
  on: "开",
  off: "关",
  unknown: "未知",
  light: "亮度（最大 1023）",
  lastLight: "上次（最大 1023）",
  lampOn: "灯开着",
  lampOff: "灯关着",
  lampUnknown: "灯的状态未知",
  lampLastOn: "灯上次为打开",
  lampLastOff: "灯上次为关闭",

  noMessage: "尚无消息",
  online: "在线",
  onlineSince: "{time} 起在线",
  offline: "离线",
  offlineSince: "{time} 起离线",
  offlineLastSeen: "离线，上次在线 {time}",
  blinking: "正在闪烁",

  heldOn: "手动打开",
  heldOff: "手动关闭",
  boardDecides: "由开发板决定",
  serverDecides: "由服务器决定",
  boardAlone: "无法连接；如果程序在运行，开发板自行决定",
  outOfReach: "无法连接",
  zoneDecides: "由区域 {zone} 决定",
  zoneHeldOn: "区域 {zone} 手动打开",
  zoneHeldOff: "区域 {zone} 手动关闭",
  noDecision: "尚未做出决定。",
  lastDecision: "最后的决定：{reason}",

  readingsMissing: { other: "缺少 {count} 个读数" },
  readingsDropped: { other: "丢弃了 {count} 个读数" },

  sensors: { other: "{count} 个传感器" },
  someSensors: { other: "{count} 个传感器中的 {usable} 个" },
  median: "{sensors}的中位数",
  darkest: "{sensors}中最暗的",
  brightest: "{sensors}中最亮的",
  atLeast: "{sensors}中至少 {number} 个必须为暗",
  rule: "低于 {threshold} 时打开，否则关闭",
  ruleWithHysteresis: "低于 {threshold} 时打开，达到 {upper} 时关闭",
};
