import type { TranslatedArea } from "../area.js";
import type { zones as english } from "../en/zones.js";

export const zones: TranslatedArea<typeof english> = {
  noZones: "没有区域。每盏灯跟随自己开发板的光传感器。在一个区域中，多个传感器共同决定多盏灯。",
  zone: "区域 {zone}",
  lampsOn: "灯开着",
  lampsOff: "灯关着",
  itsLampOn: "它的灯开着",
  itsLampOff: "它的灯关着",
  someLampsOn: { other: "{count} 盏灯中 {on} 盏开着" },
  ruleOf: "{combine}；{rule}",
  sensors: "传感器",
  lamps: "灯",
  noReading: "无读数",
  stale: "已过期，忽略",
  hoursOff: "{from} 至 {to}（{timeZone}）遵循规则，其余时间关闭。",
  hoursOn: "{from} 至 {to}（{timeZone}）遵循规则，其余时间打开。",
};
