export { scaleLinear, scaleLog } from "d3-scale";
export { area, curveStepAfter, line, symbol, symbolCircle, symbolCross, symbolDiamond, symbolSquare, symbolTriangle } from "d3-shape";
export { axisBottom, axisLeft } from "d3-axis";
export { create, pointer } from "d3-selection";
