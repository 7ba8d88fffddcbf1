// The emoji that are offered: what each is, and what it is called in English and in Chinese.

import { text } from '../words/text.js';

const table = `
😀 grinning,happy 大笑|😃 smiley 开心|😄 smile 微笑|😁 grin,beaming 露齿笑|😆 laughing,xd 眯眼笑|😅 sweat_smile 苦笑
😂 joy,tears 笑哭|🤣 rofl 笑翻|🙂 slight_smile 浅笑|🙃 upside_down 倒脸|😉 wink 眨眼|😊 blush 害羞笑|😇 innocent,halo 天使
🥰 adore 喜爱|😍 heart_eyes 花痴|🤩 star_struck 崇拜|😘 kiss 飞吻|😋 yum,delicious 好吃|😛 tongue 吐舌|😜 crazy 鬼脸|🤪 zany 疯狂
🤗 hug 拥抱|🤭 giggle,oops 捂嘴笑|🤫 shush,quiet 嘘|🤔 thinking,hmm 思考|🤐 zipper_mouth 闭嘴|🤨 raised_eyebrow 怀疑|😐 neutral 无表情
😑 expressionless 无语|😶 speechless 沉默|😏 smirk 得意|😒 unamused 不高兴|🙄 eye_roll 翻白眼|😬 grimace 尴尬|😌 relieved 放心|😔 pensive 沉思
😪 sleepy 困|😴 sleeping,zzz 睡觉|😷 mask 口罩|🤒 ill,fever 发烧|🤕 hurt 受伤|🤢 nauseated 恶心|🤮 vomit 呕吐|🤧 sneeze 打喷嚏
🥵 hot 热|🥶 cold,freezing 冷|😵 dizzy 头晕|🤯 mind_blown 震惊|🤠 cowboy 牛仔|🥳 party,celebrate 庆祝|😎 cool,sunglasses 酷|🤓 nerd 书呆子
🧐 monocle 审视|😕 confused 困惑|😟 worried 担心|🙁 frown 皱眉|😮 wow,surprised 惊讶|😯 hushed 吃惊|😲 astonished 目瞪口呆|😳 flushed 脸红
🥺 pleading,please 恳求|😨 fearful 害怕|😰 anxious 焦虑|😢 cry,sad 哭|😭 sob 大哭|😱 scream 尖叫|😞 disappointed 失望|😓 sweat 汗
😩 weary 疲惫|😫 tired 累|🥱 yawn 哈欠|😤 triumph 哼|😡 rage,angry 愤怒|🤬 swearing 骂人|😈 devil 恶魔|💀 skull,dead 骷髅
💩 poop 便便|🤡 clown 小丑|👻 ghost 幽灵|👽 alien 外星人|🤖 robot,bot 机器人|🙈 see_no_evil 非礼勿视|🙉 hear_no_evil 非礼勿听|🙊 speak_no_evil 非礼勿言
👋 wave,hello,bye 挥手|🖐️ hand 手掌|✋ stop,high_five 停|👌 ok_hand 好的|🤌 pinched 捏手指|✌️ victory,peace 胜利|🤞 fingers_crossed 祈好运|🤘 rock 摇滚
🤙 call_me 打电话|👈 left 左|👉 right 右|👆 up 上|👇 down 下|👍 thumbsup,like,yes 赞|👎 thumbsdown,no 踩|✊ fist 拳头
👊 punch 出拳|👏 clap,applause 鼓掌|🙌 raised_hands,hooray 举手|🫶 heart_hands 比心|🤝 handshake,deal 握手|🙏 pray,thanks 感谢|✍️ writing 写字|💪 muscle,strong 加油
👀 eyes,look 看|🧠 brain 大脑|🙋 me,raising_hand 举手问|🤷 shrug 耸肩|🤦 facepalm 捂脸|🙇 bow,sorry 鞠躬|💃 dance 跳舞|🏃 run 跑步
🚶 walk 走路|👶 baby 宝宝|👩‍💻 coder,developer 程序员|🧑‍🍳 cook 厨师|👮 police 警察|🕵️ detective 侦探|👨‍👩‍👧 family 家庭|🐶 dog 狗
🐱 cat 猫|🐭 mouse 老鼠|🐰 rabbit 兔|🦊 fox 狐狸|🐻 bear 熊|🐼 panda 熊猫|🐯 tiger 老虎|🦁 lion 狮子
🐮 cow 牛|🐷 pig 猪|🐸 frog 青蛙|🐵 monkey 猴子|🐔 chicken 鸡|🐧 penguin 企鹅|🦆 duck 鸭子|🦉 owl 猫头鹰
🐝 bee 蜜蜂|🐛 bug 虫子|🦋 butterfly 蝴蝶|🐌 snail,slow 蜗牛|🐢 turtle 乌龟|🐍 snake,python 蛇|🐙 octopus 章鱼|🐳 whale,docker 鲸鱼
🐟 fish 鱼|🦄 unicorn 独角兽|🐴 horse 马|🐘 elephant 大象|🦀 crab,rust 螃蟹|🐉 dragon 龙|🌱 seedling 幼苗|🌲 tree 树
🌵 cactus 仙人掌|🍀 clover,luck 四叶草|🌹 rose 玫瑰|🌸 blossom 樱花|🌻 sunflower 向日葵|🍁 maple 枫叶|🌍 earth,world 地球|🌙 moon 月亮
☀️ sun,sunny 太阳|⛅ cloudy 多云|🌧️ rain 下雨|⛈️ storm 雷雨|❄️ snow,snowflake 雪花|⚡ zap,lightning 闪电|🌈 rainbow 彩虹|🔥 fire,hot_stuff 火
💧 drop,water 水滴|⭐ star 星星|✨ sparkles 闪亮|🍎 apple 苹果|🍌 banana 香蕉|🍓 strawberry 草莓|🍉 watermelon 西瓜|🥑 avocado 牛油果
🌶️ chili 辣椒|🍞 bread 面包|🧀 cheese 奶酪|🍳 egg,breakfast 煎蛋|🍔 burger 汉堡|🍟 fries 薯条|🍕 pizza 披萨|🌮 taco 卷饼
🍜 noodles,ramen 面条|🍚 rice 米饭|🍣 sushi 寿司|🥟 dumpling 饺子|🍦 ice_cream 冰淇淋|🍩 donut 甜甜圈|🍪 cookie 饼干|🎂 cake,birthday 蛋糕
🍫 chocolate 巧克力|🍿 popcorn 爆米花|☕ coffee 咖啡|🍵 tea 茶|🍺 beer 啤酒|🍻 cheers 干杯|🍷 wine 红酒|🥂 toast 碰杯
⚽ football,soccer 足球|🏀 basketball 篮球|🎾 tennis 网球|🏓 ping_pong 乒乓球|🏆 trophy,winner 奖杯|🥇 gold,first 金牌|🎮 game 游戏|🎲 dice 骰子
🎯 target,bullseye 靶心|🎵 music,note 音乐|🎸 guitar 吉他|🎤 microphone,sing 麦克风|🎨 art,paint 画画|🎬 movie,film 电影|🎉 tada,hooray_party 撒花|🎊 confetti 彩球
🎈 balloon 气球|🎁 gift,present 礼物|🎄 christmas 圣诞树|🧧 red_envelope 红包|🏮 lantern 灯笼|🚗 car 汽车|🚕 taxi 出租车|🚌 bus 公交车
🚲 bike,bicycle 自行车|🚆 train 火车|✈️ plane,flight 飞机|🚀 rocket,ship_it,launch 火箭|🚢 ship,boat 船|🚧 construction,wip 施工|🚦 traffic_light 红绿灯|🏠 home,house 家
🏢 office 办公楼|🏥 hospital 医院|🏖️ beach,holiday 海滩|⛰️ mountain 山|💻 laptop,computer 电脑|📱 phone 手机|⌨️ keyboard 键盘|🖨️ printer 打印机
📷 camera,photo 相机|📺 tv 电视|🔋 battery 电池|🔌 plug 插头|💡 idea,bulb 灯泡|🔦 torch,flashlight 手电筒|📖 book,read 书|📝 memo,todo 便条
📎 paperclip,attachment 回形针|📌 pin 图钉|📅 calendar,date 日历|📈 chart_up 上升|📉 chart_down 下降|📊 chart 图表|📦 package,box 包裹|✉️ mail,letter 邮件
📣 megaphone,announce 喇叭|🔔 bell 铃|🔕 mute 静音|🔍 search 搜索|🔒 lock,secure 锁|🔓 unlock 开锁|🔑 key 钥匙|🔨 hammer 锤子
🔧 wrench,fix 扳手|⚙️ gear,settings 齿轮|🧪 test,experiment 实验|🧹 broom,clean 打扫|🗑️ trash,delete 垃圾桶|💰 money 钱|💎 gem,diamond 钻石|⏰ alarm 闹钟
⏳ hourglass,wait 沙漏|⌛ done_waiting,time 时间到|❤️ heart,love 爱心|🧡 orange_heart 橙心|💛 yellow_heart 黄心|💚 green_heart 绿心|💙 blue_heart 蓝心|💜 purple_heart 紫心
🖤 black_heart 黑心|💔 broken_heart 心碎|💯 hundred,100 满分|💥 boom,explosion 爆炸|💤 sleep 睡|💬 speech,comment 说话|💭 thought 想法|✅ check,done 完成
☑️ ballot_check 勾选|✔️ tick 对|❌ cross,wrong 错|❓ question 问号|❗ exclamation,important 感叹号|⚠️ warning 警告|🚫 forbidden 禁止|♻️ recycle 回收
➕ plus 加|➖ minus 减|➡️ arrow_right 右箭头|⬅️ arrow_left 左箭头|⬆️ arrow_up 上箭头|⬇️ arrow_down 下箭头|🔄 refresh,sync 刷新|🆗 ok 好
🆕 new 新|🆒 cool_sign 酷标|🔴 red 红|🟡 yellow 黄|🟢 green 绿|🔵 blue 蓝|🏁 finish 终点|🚩 flag 红旗
`;

export const emoji = table.trim().split(/[\n|]/).map((each) => {
  const [sign, english, chinese] = each.split(' ');
  return { sign, names: english.split(','), chinese };
});

export const called = ({ names, chinese }) => (text.lang === 'en' ? names[0].replaceAll('_', ' ') : chinese);

// find returns those whose names begin with what is typed, then those whose names contain it.
export function find(typed, most = Infinity) {
  const wanted = typed.toLowerCase().replaceAll(' ', '_');
  const all = (test) => emoji.filter(({ names, chinese }) => [...names, chinese].some(test));
  return [...new Set([...all((name) => name.startsWith(wanted)), ...all((name) => name.includes(wanted))])].slice(0, most);
}
