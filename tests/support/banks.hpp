// Small banks of each origin, written into a folder.
#pragma once
#include <fstream>
#include <sstream>
#include <string>

#include "support/folder.hpp"

// tests/support/NAME
inline std::string support_file(const std::string& name) {
  std::ifstream file{std::filesystem::path(__FILE__).parent_path() / name, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline const std::string occupations_csv =
    "taxonomy,code,name,marks,group_code,group_name\n2022,6-18-02-04,焊工,,6-18-02,机械热加工人员\n";

inline void write_bundled(const scratch_folder& into, const std::string& trade) {
  into.write("occupations.csv", occupations_csv);
  into.write("trades/welder-5.json", trade);
}

inline const std::string ai_outline_csv =
    "\xEF\xBB\xBF细目点代码,一级代码,一级范围(章),二级代码,二级范围(节),三级代码,点序号,鉴定点名称\r\n"
    "0111,0,基本要求,01,职业道德,011,1,道德的概念\r\n"
    "0121,0,基本要求,01,职业道德,012,1,守则的概念\r\n"
    "0211,0,基本要求,02,基础知识,021,1,输入法\r\n";

// Three points; `more` is put behind the first record of each type.
inline void write_ai_trainer(const scratch_folder& into, const std::string& more = "") {
  into.write("outline_l3.csv", ai_outline_csv);
  into.write("data.json", R"([
    {"id": 1, "type": "judge", "question": "道德靠强制。", "option_A": "正确", "option_B": "错误", "option_C": null,
     "option_D": null, "option_E": null, "answer": "B", "explanation": "靠自觉。"},
    {"id": 2, "type": "single", "question": "道德靠什么？", "option_A": "自觉", "option_B": "强制", "option_C": "罚款",
     "option_D": "奖金", "option_E": null, "answer": "A", "explanation": "靠自觉。"},
    {"id": 3, "type": "multiple", "question": "哪些是道德？", "option_A": "守信", "option_B": "敬业", "option_C": "欺骗",
     "option_D": "公道", "option_E": "浪费", "answer": "A;B;D", "explanation": "……"})" +
                              more + "]");
}

inline const std::string one_pixel_png = "\x89PNG\r\n\x1A\n and so on";

// Five good questions, two of them with a picture; `more` lines follow.
inline void write_amateur_radio(const scratch_folder& into, const std::string& more = "") {
  into.write("full.csv",
             "J,P,I,Q,T,A,B,C,D\n"
             "LK0001,1.1.1,MC1-0001,频率的单位是：,A,赫兹,伏特,安培,欧姆\n"
             "\"LY0014, LY0017\",1.1.10,MC2-0002,\"哪些是波段，哪些不是：\",AC,短波,长发,中波,电阻\n"
             "LX,1.1.9,MC1-0003,最早的电台用：,A,火花,晶体管,集成电路,软件\n"
             "LK0002,2.1,MC1-0004,图中的元件是：,A,电阻,电容,电感,二极管\n"
             "LK0003,2.1,MC1-0005,图中的元件是：,A,电阻,电容,电感,二极管\n" +
                 more);
  into.write("images.csv", "J,ImagePath\nLK0002,images/0.png\nLK0003,images/1.jpg\n");
  into.write("images/0.png", one_pixel_png);
  into.write("images/1.jpg", "\xFF\xD8\xFF\xE0 and so on");
}
