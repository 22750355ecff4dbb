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

  simulatedLight: "照在模拟传感器上的光",
  simulatedBoard: "模拟开发板",
  setByHand: "手动设定。",
  followSimulation: "跟随模拟",
  cutNetwork: "断开网络",
  programStopped: "程序已停止。",
  noNetwork: "网络已断开。",
  reacted: "灯在 {duration} 后响应。",
  automatic: "跟随模拟。",
};
