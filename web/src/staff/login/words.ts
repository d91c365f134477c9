import { translator } from '$kit/i18n';

export const t = translator({
  'zh-CN': {
    title: '老师登录',
    lead: '登录后直接看到今天的课。',
    login: '账号',
    password: '密码',
    show: '显示密码',
    enter: '登录',
    entering: '正在登录',
    'login.missing': '请填账号。',
    'password.missing': '请填密码。',
    screen: '我是教室大屏',
    forgot: '忘了密码？请学校或区县管理员重设。',
    'picture.title': '一块黑板，几间教室',
    'picture.hint': '一位老师讲，山里山外一起听。',
  },
  en: {
    title: 'Teacher sign-in',
    lead: "Today's lessons come next.",
    login: 'Account',
    password: 'Password',
    show: 'Show password',
    enter: 'Sign in',
    entering: 'Signing in',
    'login.missing': 'Fill in the account.',
    'password.missing': 'Fill in the password.',
    screen: 'This is a classroom screen',
    forgot: 'Forgot the password? The administrator of the school or county can set a new one.',
    'picture.title': 'One blackboard, several classrooms',
    'picture.hint': 'One teacher speaks; every valley listens.',
  },
});
