import type { TranslatedArea } from "../area.js";
import type { updates as english } from "../en/updates.js";

export const updates: TranslatedArea<typeof english> = {
  title: "程序更新",
  available: "有新版本 {latest}；此板当前运行 {installed}。",
  current: "此板运行的是最新版本 {installed}。",
  update: "更新到 {version}",
  installPrevious: "安装上一个版本 {version}",
  giveUp: "放弃",
  waiting: "正在等待开发板 …",
  handingOver: "开发板正在准备 …",
  writing: "正在写入程序：{percent} %",
  restarting: "开发板正在启动新程序 …",
  done: "开发板已运行 {version}。",
  progress: "更新进度",
  boardsOutdated: { other: "{count} 块开发板有可用更新。" },
  updateAll: "全部更新 …",
  updateAllQuestion: { other: "更新 {count} 块开发板？" },
  updateAllConsequence:
    "先更新一块，再更新十分之一，然后更新其余全部。如果超过 2 % 的开发板没有运行新版本，更新会停止。每块开发板会有几秒钟不测量。",
  updateAllConfirmed: "更新",
  waveOne: "第一批：一块开发板。",
  waveTenth: "第二批：十分之一的开发板。",
  waveAll: "第三批：其余所有开发板。",
  rollingBack: "正在安装之前的版本。",
  stopped: "开发板的更新已停止。",
  counts: "完成 {done} / {total}，失败 {failed}，跳过 {skipped}。",
  leftOut: {
    other: "上次更新全部开发板时跳过了 {count} 块开发板。",
  },
  notReturned: "未运行新版本：{boards}。",
  stop: "停止",
  resume: "继续",
  rollBack: "回退 …",
  rollBackQuestion: "回退此更新？",
  rollBackConsequence: "所有已更新的开发板将重新安装之前的版本。",
  rollBackConfirmed: "回退",
};
