import type { TranslatedArea } from "../area.js";
import type { overview as english } from "../en/overview.js";

export const overview: TranslatedArea<typeof english> = {
  noBoard: "还没有开发板",
  noBoardExplanation: "开发板发送第一个读数后会显示在这里。任何 MQTT 客户端都可以充当开发板：",
  connectTo: "连接到",
  publishTo: "发布到",
  theMessage: "消息内容",
  darkReading: "亮度 200 算暗，因此服务器会在 {topic} 上发布开灯命令。",

  search: "查找开发板",
  show: "显示",
  showAllBoards: "全部",
  showOffline: "离线",
  showLampOn: "灯开着",
  showOverridden: "手动控制",
  showMissing: "缺少读数",
  sort: "排序",
  sortByName: "按名称",
  sortByProblems: "有问题的在前",
  sortByDarkest: "最暗的在前",
  sortByBrightest: "最亮的在前",
  found: "显示 {all} 块中的 {found} 块",
  noMatch: "没有匹配的开发板。{button}",
  showAll: "显示全部",

  boards: "开发板",
  inNoZone: "不属于任何区域",
  zoneUndecided: "未决定",
  zoneOnAtLight: "开，亮度 {light}",
  zoneOffAtLight: "关，亮度 {light}",

  threeMinutesAgo: "3 分钟前",
  now: "现在",
  plot: "最近 3 分钟的亮度",
  plotEmpty: "最近 3 分钟没有读数",
  plotSummary: "最近 3 分钟的亮度：{low} 到 {high}；灯打开 {duration}；阈值 {threshold}",
};
