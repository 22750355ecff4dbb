import type { TranslatedArea } from "../area.js";
import type { help as english } from "../en/help.js";

export const help: TranslatedArea<typeof english> = {
  title: "帮助",
  boards: "开发板",
  cards:
    "每张卡片是一块开发板：它的灯、传感器上的亮度（0 为暗，1023 为亮），以及最近三分钟的图。虚线是阈值，阴影表示灯打开的时间。",
  deciding:
    "亮度低于阈值时，服务器打开灯。设有回差时，服务器到更高的亮度才关灯，以免灯闪烁。图下方说明由谁决定以及原因。",
  offline: "失去连接十秒后，开发板按同样的规则自行决定。它会保存读数，恢复连接后再发送。",
  override: "手动控制",
  overriding: "用“开”和“关”手动控制一盏灯或一个区域，直到您选择“自动”或设定的时间结束。“撤销”会取消上一次更改。",
  zones: "区域",
  zonesDecide: "在一个区域中，多个传感器共同决定多盏灯的开关。沉默太久的传感器会被忽略。",
  connecting: "开发板和其他 MQTT 客户端连接到：",
  programs: "程序",
  api: "程序可以使用 HTTP API，其说明见 {link}。",
};
