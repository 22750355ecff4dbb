import type { TranslatedArea } from "../area.js";
import type { controls as english } from "../en/controls.js";

export const controls: TranslatedArea<typeof english> = {
  lamp: "灯",
  auto: "自动",
  on: "开",
  off: "关",
  undo: "撤销",
  howLong: "持续多久",
  untilChanged: "直到我更改",
  forDuration: "{duration}",
  untilMorning: "直到早上 7 点",
  until: "直到 {time}",
  timeLeft: "还剩 {duration}",

  simulatedLight: "模拟传感器上的亮度",
  release: "释放",
  cutNetwork: "断开网络",
  programStopped: "程序已停止",
  noNetwork: "无网络",
  reacted: "灯在 {duration} 后响应",
  held: "已固定",
  automatic: "自动",
};
